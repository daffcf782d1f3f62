//! Who is there: users arrive, come back, stay away, some for good.

use crate::random::{Draw, Random, Traits};
use crate::settings::DAY_MS;
use crate::table::HeavyTail;

const DOMAIN: u64 = 2;

/// How often a user is drawn before one who is not free is taken.
const TRIES: usize = 48;

/// A user in a session is free at no known time.
const IN_SESSION: i64 = i64::MAX;

/// The users, and when each may begin a session.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    seed: u64,
    start: i64,
    end: i64,
    activity: HeavyTail,
    free_at: Vec<i64>,
    subscribed: Vec<bool>,
}

/// When a user is there: from the first instant to the second, and again from the third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Presence {
    from: i64,
    until: i64,
    again: i64,
}

impl Population {
    pub(crate) fn new(seed: u64, users: u32, start: i64, end: i64) -> Self {
        Self {
            seed,
            start,
            end,
            activity: HeavyTail::new(users),
            free_at: vec![i64::MIN; users as usize],
            subscribed: vec![false; users as usize],
        }
    }

    /// Number of users.
    pub(crate) fn users(&self) -> usize {
        self.free_at.len()
    }

    fn presence(&self, user: u32) -> Presence {
        let always = Presence { from: self.start, until: i64::MAX, again: i64::MAX };
        if user == 0 {
            return always; // somebody is there from the first instant on
        }
        let mut t = Traits::new(self.seed, DOMAIN, u64::from(user));
        // Some arrive only after the history's end: live traffic has newcomers too.
        let after = (self.end - self.start) / 30;
        let from = if t.per_mille(350) { self.start } else { t.between(self.start, self.end + after) };
        let stay = t.between(DAY_MS / 4, 12 * DAY_MS);
        let away = t.between(8 * DAY_MS, 25 * DAY_MS);
        match t.below(10) {
            0..5 => Presence { from, ..always },
            5..8 => Presence { from, until: from + stay, again: i64::MAX },
            _ => Presence { from, until: from + stay, again: from + stay + away },
        }
    }

    fn is_present(&self, user: u32, now: i64) -> bool {
        let presence = self.presence(user);
        now >= presence.from && (now < presence.until || now >= presence.again)
    }

    /// A user for a session that begins now: one who is there and free, if such a one is soon found.
    pub(crate) fn pick(&self, now: i64, random: &mut Random) -> u32 {
        let (mut resting, mut present) = (None, 0);
        for _ in 0..TRIES {
            let user = self.activity.draw(random);
            let free_at = self.free_at[user as usize];
            if self.is_present(user, now) {
                if free_at <= now {
                    return user;
                }
                if free_at != IN_SESSION {
                    resting.get_or_insert(user);
                }
                present = user;
            }
        }
        resting.unwrap_or(present)
    }

    /// The user begins a session.
    pub(crate) fn enter(&mut self, user: u32) {
        self.free_at[user as usize] = IN_SESSION;
    }

    /// The user's session is over; they begin another at `free_at` or later.
    pub(crate) fn leave(&mut self, user: u32, free_at: i64) {
        self.free_at[user as usize] = free_at;
    }

    /// Whether the user subscribes.
    pub(crate) fn is_subscribed(&self, user: u32) -> bool {
        self.subscribed[user as usize]
    }

    /// Notes that the user subscribes, or no longer.
    pub(crate) fn set_subscribed(&mut self, user: u32, subscribed: bool) {
        self.subscribed[user as usize] = subscribed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_arrive_stay_away_and_come_back() {
        let (start, end) = (0, 30 * DAY_MS);
        let population = Population::new(3, 10_000, start, end);
        let there = |day: i64| (0..10_000).filter(|&u| population.is_present(u, day * DAY_MS)).count();
        assert!((3000..4000).contains(&there(0)), "{}", there(0));
        let (mut left, mut back, mut late) = (0, 0, 0);
        for user in 0..10_000 {
            let presence = population.presence(user);
            left += u32::from(presence.until < end && presence.again == i64::MAX);
            back += u32::from(presence.again < end);
            late += u32::from(presence.from > end);
        }
        assert!(left > 1500 && back > 400 && late > 100, "{left} {back} {late}");
    }

    #[test]
    fn a_user_rests_between_sessions_while_others_are_free() {
        let mut population = Population::new(3, 1000, 0, 30 * DAY_MS);
        let mut random = Random::new(1);
        let now = DAY_MS;
        for _ in 0..50 {
            let user = population.pick(now, &mut random);
            assert!(population.free_at[user as usize] <= now);
            population.enter(user);
        }
        let mut alone = Population::new(3, 1, 0, DAY_MS);
        alone.enter(0);
        assert_eq!(alone.pick(5, &mut random), 0);
    }
}
