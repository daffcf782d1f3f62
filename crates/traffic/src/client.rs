//! What stays the same about a user: who they are, and how their client speaks.

use crate::catalog::{AGENTS, Agent, BOTS, COUNTRIES, PLANS};
use crate::json::{Style, Text};
use crate::random::{Draw, Traits};
use crate::table::Table;

const DOMAIN: u64 = 1;

/// Which of the two ids a user's events carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// `user_id`.
    Known,
    /// `user_id` and an `anonymous_id` beside it, which does not count.
    Both,
    /// `anonymous_id`.
    Anonymous,
    /// `anonymous_id`, with the text of another user's `user_id`: no relation of theirs.
    Namesake,
}

/// How a client writes instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// RFC 3339 in UTC, three decimals.
    Utc,
    /// RFC 3339 in UTC, decimals only as far as needed.
    Trimmed,
    /// RFC 3339, two hours east.
    East,
    /// Epoch milliseconds.
    Millis,
}

/// How a client names its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventIds {
    /// Like a UUID.
    Uuid,
    /// A prefix and a counter.
    Counter,
    /// Not at all.
    Absent,
}

/// How a client names its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionIds {
    /// Not at all: sessions are cut by inactivity.
    Absent,
    /// Each session anew.
    Fresh,
    /// All of a user's sessions alike: an id that comes back.
    Sticky,
}

/// A user and their client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    /// The user's number in the population.
    pub(crate) user: u32,
    /// The number in their id.
    id: u32,
    pub(crate) identity: Identity,
    /// Number of the site.
    pub(crate) site: u16,
    pub(crate) stamp: Stamp,
    /// The name of the timestamp field.
    pub(crate) stamp_key: &'static str,
    pub(crate) event_ids: EventIds,
    pub(crate) session_ids: SessionIds,
    /// Whether `session` events are sent.
    pub(crate) session_events: bool,
    pub(crate) view_ids: bool,
    pub(crate) leaves: bool,
    pub(crate) style: Style,
    /// The program, if its user agent is sent.
    pub(crate) agent: Option<&'static Agent>,
    pub(crate) country: Option<&'static str>,
    /// Whether device and platform are sent.
    pub(crate) device: bool,
    pub(crate) plan: Option<&'static str>,
    /// Whether fields beyond the contract are sent.
    pub(crate) extras: bool,
    /// Whether the user may subscribe.
    pub(crate) buyer: bool,
}

/// Tables that clients are drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    seed: u64,
    users: u32,
    sites: Table,
    agents: Table,
    countries: Table,
}

impl Clients {
    pub(crate) fn new(seed: u64, users: u32, sites: usize) -> Self {
        Self {
            seed,
            users,
            sites: Table::zipf(sites),
            agents: Table::zipf(AGENTS.len()),
            countries: Table::zipf(COUNTRIES.len()),
        }
    }

    /// The number in a user's id: another one for each user.
    fn id(&self, user: u32) -> u32 {
        (user ^ (self.seed as u32)).wrapping_mul(0x9e37_79b1)
    }

    /// Who a user is, from the first draw of their traits.
    fn identity(traits: &mut Traits) -> Identity {
        match traits.below(100) {
            0..64 => Identity::Known,
            64..78 => Identity::Both,
            78..95 => Identity::Anonymous,
            _ => Identity::Namesake,
        }
    }

    fn traits(&self, user: u32) -> Traits {
        Traits::new(self.seed, DOMAIN, u64::from(user))
    }

    /// The user's client.
    pub(crate) fn client(&self, user: u32) -> Client {
        let mut t = self.traits(user);
        let mut identity = Self::identity(&mut t);
        let mut id = self.id(user);
        if identity == Identity::Namesake {
            let other = user ^ 1;
            match Self::identity(&mut self.traits(other)) {
                Identity::Known | Identity::Both if other < self.users => id = self.id(other),
                _ => identity = Identity::Anonymous,
            }
        }
        let session_ids = match t.below(100) {
            0..60 => SessionIds::Absent,
            60..98 => SessionIds::Fresh,
            _ => SessionIds::Sticky,
        };
        let session_events = session_ids != SessionIds::Absent && t.per_mille(500);
        let bot = t.per_mille(15);
        let sends_agent = t.per_mille(550);
        let agent = &AGENTS[usize::from(self.agents.draw(&mut t))];
        let sends_country = t.per_mille(500);
        let country = COUNTRIES[usize::from(self.countries.draw(&mut t))];
        let plan = match t.below(10) {
            0..6 => None,
            6..8 => Some(PLANS[0]),
            8 => Some(PLANS[1]),
            _ => Some(t.pick(&PLANS)),
        };
        Client {
            user,
            id,
            identity,
            site: self.sites.draw(&mut t),
            stamp: match t.below(100) {
                0..80 => Stamp::Utc,
                80..85 => Stamp::Trimmed,
                85..91 => Stamp::East,
                _ => Stamp::Millis,
            },
            stamp_key: match t.below(100) {
                0..96 => "timestamp",
                96..98 => "ts",
                _ => "time",
            },
            event_ids: match t.below(100) {
                0..70 => EventIds::Uuid,
                70..92 => EventIds::Counter,
                _ => EventIds::Absent,
            },
            session_ids,
            session_events,
            view_ids: t.per_mille(650),
            leaves: t.per_mille(900),
            style: match t.below(100) {
                0..93 => Style::Compact,
                93..96 => Style::Spaced,
                _ => Style::Escaped,
            },
            agent: match (bot, sends_agent) {
                (true, _) => Some(&BOTS[t.below(BOTS.len() as u64) as usize]),
                (false, true) => Some(agent),
                (false, false) => None,
            },
            country: sends_country.then_some(country),
            device: t.per_mille(450),
            plan,
            extras: t.per_mille(150),
            buyer: t.per_mille(200),
        }
    }
}

impl Client {
    /// Writes the id that counts: the user as the Kafka key has it.
    pub(crate) fn write_id(&self, text: &mut Text<'_>) {
        text.push(if self.identity == Identity::Anonymous { "a-" } else { "u-" });
        text.hex(u64::from(self.id), 8);
    }

    /// Puts the id that counts into `key`.
    pub(crate) fn key(&self, key: &mut Vec<u8>) {
        key.clear();
        self.write_id(&mut Text::plain(key));
    }

    /// Writes the anonymous id of a client that sends both.
    pub(crate) fn write_other_id(&self, text: &mut Text<'_>) {
        text.push("b-");
        text.hex(u64::from(self.id), 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn users_are_distinct_within_their_namespace() {
        let clients = Clients::new(9, 20_000, 3);
        let mut seen = BTreeSet::new();
        let mut namesakes = 0;
        for user in 0..20_000 {
            let client = clients.client(user);
            let mut key = Vec::new();
            client.key(&mut key);
            let known = matches!(client.identity, Identity::Known | Identity::Both);
            assert!(seen.insert((known, key)), "user {user}");
            namesakes += u32::from(client.identity == Identity::Namesake);
        }
        assert!((600..1000).contains(&namesakes), "{namesakes}");
    }
}
