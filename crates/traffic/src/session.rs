//! A session, step by step: what happens next, and when.

use crate::catalog::{FRAGMENTS, LINKS, PAGES, QUERIES};
use crate::client::{Client, SessionIds};
use crate::random::{Draw, Random};
use crate::table::Table;

/// Records of a session on average, all types: what the pace reckons with.
pub(crate) const RECORDS_PER_SESSION: f64 = 11.2;

/// Milliseconds between two records of a session on average.
pub(crate) const MEAN_PAUSE_MS: f64 = 23_000.0;

/// Milliseconds from a session's begin to one of its records on average, long silences aside.
pub(crate) const MEAN_AGE_MS: f64 = 190_000.0;

/// Share of a session's records that come at its begin.
pub(crate) const AT_ONCE: f64 = 0.1;

/// Records of a page view on average, its leave and actions included, in tenths.
const RECORDS_PER_VIEW_X10: u32 = 29;

const MINUTE_MS: i64 = 60_000;

/// Silences at the edge of where sessions are cut: without a session id, and with one.
const INACTIVITY_EDGES: [i64; 5] =
    [30 * MINUTE_MS - 1, 30 * MINUTE_MS, 30 * MINUTE_MS, 30 * MINUTE_MS + 1, 31 * MINUTE_MS];
const SILENCE_EDGES: [i64; 4] = [120 * MINUTE_MS - 1, 120 * MINUTE_MS, 120 * MINUTE_MS + 1, 45 * MINUTE_MS];

/// A page as visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Number of the path.
    pub(crate) path: u16,
    /// For paths with a number in them.
    pub(crate) parameter: u16,
    pub(crate) query: Option<&'static str>,
    pub(crate) fragment: Option<&'static str>,
}

/// A page view that a leave may belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) page: Page,
    pub(crate) id: u64,
    pub(crate) at: i64,
}

/// What happens in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The client opens it.
    Open,
    /// A page is viewed.
    View,
    /// A feature is used.
    Feature {
        /// Whether by the user.
        interactive: bool,
    },
    /// Links are shown, so many more after this one.
    Impression { more: u8 },
    /// A link is clicked.
    Click,
    /// Something is bought.
    Purchase,
    /// The page is left.
    Leave,
    /// The page before this one is left, its leave sent late.
    LeaveBefore,
    /// A page is left of which no view is known.
    StrayLeave,
    /// The client closes it.
    Close,
    /// A question is answered, or not.
    Survey,
    /// Help is asked for.
    Ticket,
    /// A subscription begins.
    Subscribe,
}

/// Tables that sessions are drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pages: Table,
    links: Table,
    /// Factor on pauses, in 1024ths: below 1024 where so much is asked of so few users that sessions
    /// would overlap.
    pub(crate) pause_factor: u32,
}

impl Choices {
    pub(crate) fn new() -> Self {
        Self { pages: Table::zipf(PAGES), links: Table::zipf(LINKS.len()), pause_factor: 1024 }
    }

    pub(crate) fn page(&self, random: &mut Random) -> Page {
        Page {
            path: self.pages.draw(random),
            parameter: (random.below(80) * random.below(80)) as u16,
            query: random.per_mille(120).then(|| random.pick(&QUERIES)),
            fragment: random.per_mille(60).then(|| random.pick(&FRAGMENTS)),
        }
    }

    /// The silence before a session's next event.
    fn pause(&self, ids: SessionIds, random: &mut Random) -> i64 {
        let mean = match random.below(1000) {
            0..30 => return 0,
            30..33 if self.pause_factor == 1024 && ids == SessionIds::Absent => {
                return random.pick(&INACTIVITY_EDGES);
            }
            30 if self.pause_factor == 1024 => return random.pick(&SILENCE_EDGES),
            31..80 => 150_000.0,
            _ => 18_000.0,
        };
        (random.exponential() * mean) as i64 * i64::from(self.pause_factor) / 1024
    }
}

/// A session under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) site: u16,
    /// The number in its id.
    pub(crate) id: u64,
    /// What happens next.
    pub(crate) step: Step,
    pub(crate) view: View,
    /// The view before, if its leave has not been sent.
    pub(crate) before: Option<View>,
    pub(crate) link: u16,
    /// Whether its first event, the one with a referrer, is still to come.
    pub(crate) is_new: bool,
    views_left: u16,
    actions_left: u8,
    viewed: bool,
    closed: bool,
    /// Records still to come, as reckoned when it began.
    pub(crate) expected: u32,
}

impl Session {
    /// A session that begins now.
    pub(crate) fn begin(client: Client, site: u16, id: u64, choices: &Choices, random: &mut Random) -> Self {
        let view = View { page: choices.page(random), id: random.bits(), at: 0 };
        let (first, views, actions) = match random.below(1000) {
            0..330 => (Step::View, 1, u8::from(random.per_mille(250))),
            330..360 => {
                let interactive = random.per_mille(800);
                (Step::Feature { interactive }, 0, random.below(6) as u8)
            }
            360..364 => (Step::StrayLeave, 0, 0),
            364..368 if client.session_events => (Step::Close, 0, 0),
            _ => {
                let more = (random.exponential() * 4.3) as u16;
                (Step::View, 2 + more.min(60), random.below(3) as u8)
            }
        };
        let opens = client.session_events && first != Step::StrayLeave;
        let mut session = Self {
            client,
            site,
            id,
            step: if opens { Step::Open } else { first },
            view,
            before: None,
            link: 0,
            is_new: true,
            views_left: views,
            actions_left: actions,
            viewed: false,
            closed: false,
            expected: (u32::from(views) * RECORDS_PER_VIEW_X10).div_ceil(10).max(1),
        };
        if opens && first == Step::Close {
            session.views_left = 0;
        }
        if first == Step::View && !opens {
            session.enter_view();
        }
        session
    }

    fn enter_view(&mut self) {
        self.views_left -= 1;
        self.viewed = true;
    }

    /// A session of the current step alone.
    pub(crate) fn cut_short(&mut self) {
        self.views_left = 0;
        self.actions_left = 0;
    }

    /// The silence before and the kind of the next step; `None` if the session is over.
    pub(crate) fn proceed(&mut self, choices: &Choices, random: &mut Random) -> Option<i64> {
        let ids = self.client.session_ids;
        let (step, pause) = match self.step {
            Step::Open if self.views_left > 0 => {
                self.enter_view();
                (Step::View, random.between(0, 40))
            }
            Step::Impression { more } if more > 0 => {
                (Step::Impression { more: more - 1 }, random.between(0, 2))
            }
            Step::Impression { .. } if random.per_mille(220) => (Step::Click, choices.pause(ids, random)),
            Step::View if self.before.is_some() && self.client.leaves && random.per_mille(60) => {
                (Step::LeaveBefore, random.between(0, 3))
            }
            Step::Close if self.viewed && self.client.leaves && random.per_mille(150) => {
                (Step::Leave, random.between(0, 900))
            }
            Step::Close => self.after(random)?,
            Step::Survey | Step::Ticket | Step::Subscribe => return None,
            Step::Leave if self.views_left == 0 => self.finish(random)?,
            Step::Leave => self.next_view(choices, random, true),
            _ => self.act(choices, random)?,
        };
        self.step = step;
        Some(pause)
    }

    /// The next action on the page, or off it.
    fn act(&mut self, choices: &Choices, random: &mut Random) -> Option<(Step, i64)> {
        let ids = self.client.session_ids;
        if self.actions_left > 0 {
            self.actions_left -= 1;
            let step = match random.below(100) {
                0..52 => Step::Feature { interactive: !random.per_mille(180) },
                52..66 => {
                    self.link = choices.links.draw(random);
                    Step::Impression { more: random.below(4) as u8 }
                }
                66..98 => {
                    self.link = choices.links.draw(random);
                    Step::Click
                }
                98 => Step::Purchase,
                _ => Step::StrayLeave,
            };
            return Some((step, choices.pause(ids, random)));
        }
        if self.viewed && self.client.leaves && random.per_mille(780) {
            return Some((Step::Leave, choices.pause(ids, random)));
        }
        if self.views_left == 0 {
            return self.finish(random);
        }
        Some(self.next_view(choices, random, false))
    }

    fn next_view(&mut self, choices: &Choices, random: &mut Random, left: bool) -> (Step, i64) {
        self.before = (!left).then_some(self.view);
        self.view.page = choices.page(random);
        self.view.id = random.bits();
        self.enter_view();
        self.actions_left = random.below(3) as u8;
        let pause = match (left, random.per_mille(300)) {
            (true, true) => 0,
            (true, false) => random.between(1, 400),
            (false, _) => choices.pause(self.client.session_ids, random),
        };
        (Step::View, pause)
    }

    fn finish(&mut self, random: &mut Random) -> Option<(Step, i64)> {
        if self.client.session_events && !self.closed && random.per_mille(800) {
            self.closed = true;
            return Some((Step::Close, random.between(0, 2000)));
        }
        self.after(random)
    }

    /// What may follow once the user has done what they came for.
    fn after(&mut self, random: &mut Random) -> Option<(Step, i64)> {
        let step = match random.below(1000) {
            0..25 => Step::Survey,
            25..37 => Step::Ticket,
            37..97 if self.client.buyer => Step::Subscribe,
            _ => return None,
        };
        Some((step, random.between(200, 20_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Clients;

    /// The steps of many sessions with the silence before each.
    fn sessions(count: u32) -> Vec<Vec<(Step, i64)>> {
        let (clients, choices, mut random) = (Clients::new(1, count, 1), Choices::new(), Random::new(1));
        (0..count)
            .map(|user| {
                let mut session = Session::begin(clients.client(user), 0, 0, &choices, &mut random);
                let mut steps = vec![(session.step, 0)];
                while let Some(pause) = session.proceed(&choices, &mut random) {
                    steps.push((session.step, pause));
                }
                steps
            })
            .collect()
    }

    #[test]
    fn the_pace_reckons_with_true_averages() {
        let sessions = sessions(20_000);
        let steps: usize = sessions.iter().map(Vec::len).sum();
        let records = steps as f64 / sessions.len() as f64;
        assert!((records / RECORDS_PER_SESSION - 1.0).abs() < 0.1, "{records} records");
        let silence: i64 = sessions.iter().flatten().map(|(_, pause)| pause).sum();
        let pause = silence as f64 / steps as f64;
        assert!((pause / MEAN_PAUSE_MS - 1.0).abs() < 0.2, "{pause} ms");

        let (mut ages, mut at_once, mut aged) = (0, 0, 0);
        for session in sessions {
            let mut age = 0;
            for (_, pause) in session {
                age += pause;
                if age < 20 * MINUTE_MS {
                    ages += age;
                    aged += 1;
                    at_once += u32::from(age < 50);
                }
            }
        }
        let (age, at_once) = (ages as f64 / f64::from(aged), f64::from(at_once) / f64::from(aged));
        assert!((age / MEAN_AGE_MS - 1.0).abs() < 0.1, "{age} ms");
        assert!((at_once / AT_ONCE - 1.0).abs() < 0.2, "{at_once}");
    }

    #[test]
    fn an_opened_session_closes_at_most_once_and_in_order() {
        for steps in sessions(20_000) {
            let place = |step| steps.iter().position(|&(s, _)| s == step);
            assert!(place(Step::Open).is_none_or(|at| at == 0), "{steps:?}");
            assert!(steps.iter().filter(|&&(s, _)| s == Step::Close).count() <= 1, "{steps:?}");
            if let (Some(view), Some(leave)) = (place(Step::View), place(Step::Leave)) {
                assert!(view < leave, "{steps:?}");
            }
        }
    }

    #[test]
    fn silences_meet_the_edges() {
        let pauses: Vec<i64> = sessions(20_000).into_iter().flatten().map(|(_, pause)| pause).collect();
        for edge in INACTIVITY_EDGES.iter().chain(&SILENCE_EDGES) {
            assert!(pauses.contains(edge), "{edge}");
        }
    }
}
