//! Ratings: a benchmark's verdict on a value, as data.

/// A benchmark's verdict, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rating(pub &'static str);

impl Rating {
    /// The window is not covered by the state, or the sample is too small to judge.
    pub const NO_SAMPLE: Rating = Rating("no_sample");
    /// The catalogue has no benchmark for this metric.
    pub const NONE: Rating = Rating("");
}

/// One step of a scale: the rating that holds below `upper`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Values below (or at, if `inclusive`) this one get the rating.
    pub upper: f64,
    /// Whether `upper` itself still belongs to this step.
    pub inclusive: bool,
    /// The rating of this step.
    pub rating: &'static str,
}

/// A benchmark: ascending steps, the rating above the last of them, and the smallest sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Ascending steps; the first that holds decides.
    pub steps: &'static [Bound],
    /// The rating of everything above the last step.
    pub above: &'static str,
    /// Below this denominator there is no rating, only `no_sample`.
    pub smallest_sample: f64,
}

impl Scale {
    /// The rating of `value` on a sample of `sample` (the ratio's denominator).
    pub fn rate(&self, value: f64, sample: f64) -> Rating {
        if sample < self.smallest_sample {
            return Rating::NO_SAMPLE;
        }
        let step =
            self.steps.iter().find(|bound| value < bound.upper || (bound.inclusive && value == bound.upper));
        Rating(step.map_or(self.above, |bound| bound.rating))
    }
}
