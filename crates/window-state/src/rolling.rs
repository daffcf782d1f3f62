//! Sums over rolling windows, exact to the minute.
//!
//! Values are kept per minute, and only for minutes that hold any. The sum of each window is kept
//! beside them and moves with the as-of minute, so that reading costs what left and what entered
//! since the last reading.

use std::collections::VecDeque;

use metric_defs::Window;
use serde::{Deserialize, Serialize};

/// `N` figures summed together over the same windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rolling<const N: usize> {
    /// Ascending by minute.
    #[serde(with = "entries")]
    minutes: VecDeque<(i64, [i64; N])>,
    /// Minutes below this one are forgotten: no window reaches them any more.
    floor: i64,
    /// The sums as last read; rebuilt after a restore.
    #[serde(skip)]
    read: Option<Read<N>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Read<const N: usize> {
    as_of: i64,
    /// Per window: its minutes and its sums.
    windows: Vec<(i64, [i64; N])>,
}

impl<const N: usize> Default for Rolling<N> {
    fn default() -> Self {
        Self { minutes: VecDeque::new(), floor: i64::MIN, read: None }
    }
}

impl<const N: usize> Rolling<N> {
    /// Adds `delta` at `minute`; nothing if the minute is forgotten.
    pub(crate) fn add(&mut self, minute: i64, delta: [i64; N]) {
        if minute < self.floor {
            return;
        }
        let at = match self.minutes.back() {
            Some((last, _)) if *last < minute => self.minutes.len(),
            Some((last, _)) if *last == minute => self.minutes.len() - 1,
            _ => self.minutes.partition_point(|(m, _)| *m < minute),
        };
        match self.minutes.get_mut(at) {
            Some((m, sums)) if *m == minute => add(sums, &delta, 1),
            _ => self.minutes.insert(at, (minute, delta)),
        }
        if let Some(read) = &mut self.read {
            for (length, sums) in &mut read.windows {
                if minute <= read.as_of && minute > read.as_of - *length {
                    add(sums, &delta, 1);
                }
            }
        }
    }

    /// Adds `delta` to figure `I` alone.
    pub(crate) fn add_one(&mut self, minute: i64, figure: usize, delta: i64) {
        let mut deltas = [0; N];
        deltas[figure] = delta;
        self.add(minute, deltas);
    }

    /// The sums of each window `(as_of - W, as_of]`, in minutes, in the order of `windows`.
    pub(crate) fn sums(&mut self, windows: &[Window], as_of: i64) -> impl Iterator<Item = [i64; N]> + '_ {
        let lengths = windows.iter().map(|window| i64::from(window.minutes()));
        let usable = self.read.take().filter(|read| {
            read.as_of <= as_of && read.windows.iter().map(|(length, _)| *length).eq(lengths.clone())
        });
        let mut read = usable.unwrap_or_else(|| Read {
            as_of: i64::MIN / 2,
            windows: lengths.map(|length| (length, [0; N])).collect(),
        });
        for (length, sums) in &mut read.windows {
            for (_, entry) in self.between(read.as_of, as_of) {
                add(sums, entry, 1);
            }
            // What entered and left since the last reading is added above and taken off here.
            for (_, entry) in self.between(read.as_of - *length, as_of - *length) {
                add(sums, entry, -1);
            }
        }
        read.as_of = as_of;
        self.read.insert(read).windows.iter().map(|(_, sums)| *sums)
    }

    /// The sum of one figure from minute `from` on, up to and with `to`.
    pub(crate) fn sum_between(&self, figure: usize, from: i64, to: i64) -> i64 {
        self.between(from - 1, to).map(|(_, sums)| sums[figure]).sum()
    }

    /// Forgets minutes below `floor`.
    pub(crate) fn forget_below(&mut self, floor: i64) {
        if floor > self.floor {
            self.floor = floor;
            while self.minutes.front().is_some_and(|(minute, _)| *minute < floor) {
                self.minutes.pop_front();
            }
            // The sums may still hold what was forgotten, if they were read long before.
            if self
                .read
                .as_ref()
                .is_some_and(|read| read.windows.iter().any(|(l, _)| read.as_of - l + 1 < floor))
            {
                self.read = None;
            }
        }
    }

    /// Entries of the minutes in `(after, to]`.
    fn between(&self, after: i64, to: i64) -> impl Iterator<Item = &(i64, [i64; N])> {
        let from = self.minutes.partition_point(|(minute, _)| *minute <= after);
        let end = self.minutes.partition_point(|(minute, _)| *minute <= to);
        self.minutes.range(from..end.max(from))
    }
}

fn add<const N: usize>(sums: &mut [i64; N], delta: &[i64; N], sign: i64) {
    for (sum, delta) in sums.iter_mut().zip(delta) {
        *sum += sign * delta;
    }
}

/// Arrays of any length as sequences: serde itself stops at 32 and knows no const generics.
mod entries {
    use std::collections::VecDeque;

    use serde::{Deserialize, Deserializer, Serializer, de::Error, ser::SerializeSeq};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        minutes: &VecDeque<(i64, [i64; N])>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(minutes.len()))?;
        for (minute, sums) in minutes {
            seq.serialize_element(&(minute, sums.as_slice()))?;
        }
        seq.end()
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<VecDeque<(i64, [i64; N])>, D::Error> {
        let raw = Vec::<(i64, Vec<i64>)>::deserialize(deserializer)?;
        raw.into_iter()
            .map(|(minute, sums)| {
                let sums = <[i64; N]>::try_from(sums).map_err(|sums| {
                    D::Error::invalid_length(sums.len(), &"as many figures as the rolling sum has")
                })?;
                Ok((minute, sums))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn naive(entries: &[(i64, i64)], window: i64, as_of: i64) -> i64 {
        entries.iter().filter(|(m, _)| *m <= as_of && *m > as_of - window).map(|(_, v)| v).sum()
    }

    proptest! {
        #[test]
        fn equals_the_plain_sum(
            steps in prop::collection::vec((0_i64..5_000, -5_i64..5, 0_i64..200, any::<bool>()), 1..80),
        ) {
            let windows = ["1h".parse().unwrap(), Window::DAY];
            let mut rolling = Rolling::<1>::default();
            let mut entries = Vec::new();
            let mut as_of = 0;
            for (minute, value, advance, read) in steps {
                rolling.add(minute, [value]);
                entries.push((minute, value));
                as_of += advance;
                if read {
                    // As the state does: forget only what no window of this or a later as-of reaches.
                    rolling.forget_below(as_of - 1_440);
                    entries.retain(|(m, _)| *m >= as_of - 1_440);
                    let sums: Vec<_> = rolling.sums(&windows, as_of).map(|[sum]| sum).collect();
                    prop_assert_eq!(sums, vec![naive(&entries, 60, as_of), naive(&entries, 1_440, as_of)]);
                }
            }
            let bytes = postcard::to_stdvec(&rolling).unwrap();
            let mut back: Rolling<1> = postcard::from_bytes(&bytes).unwrap();
            prop_assert_eq!(
                back.sums(&windows, as_of).collect::<Vec<_>>(),
                rolling.sums(&windows, as_of).collect::<Vec<_>>()
            );
        }
    }
}
