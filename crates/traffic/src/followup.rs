//! What comes of a session hours or days later: tickets, refunds, subscriptions.

use crate::catalog::{AGENT_NAMES, CHANNELS, CURRENCIES};
use crate::population::Population;
use crate::random::{Draw, Random};
use crate::settings::DAY_MS;

const MINUTE_MS: i64 = 60_000;

/// A customer's request for help.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) number: u64,
    pub(crate) channel: &'static str,
    pub(crate) agent: &'static str,
    /// Answers so far.
    replies: u8,
}

impl Ticket {
    pub(crate) fn open(number: u64, random: &mut Random) -> Self {
        Self { number, channel: random.pick(&CHANNELS), agent: random.pick(&AGENT_NAMES), replies: 0 }
    }
}

/// Money that was paid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    /// In the currency's smallest unit.
    pub(crate) amount: u64,
    pub(crate) currency: (&'static str, u32),
    /// Number of the product.
    pub(crate) product: u8,
    pub(crate) order: u64,
}

impl Payment {
    pub(crate) fn new(order: u64, random: &mut Random) -> Self {
        let currency = random.pick(&CURRENCIES);
        Self {
            amount: 100 + (random.exponential() * 4000.0) as u64,
            currency,
            product: random.below(6) as u8,
            order,
        }
    }
}

/// What happens to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Start,
    Renew,
    Upgrade,
    Downgrade,
    Cancel,
}

/// A customer's subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    /// In the currency's smallest unit, a month.
    pub(crate) mrr: u64,
    pub(crate) currency: (&'static str, u32),
    pub(crate) agent: Option<&'static str>,
    /// Its number, if the client says it: else it is the user's only one.
    pub(crate) number: Option<u64>,
    pub(crate) change: Change,
}

impl Subscription {
    pub(crate) fn start(number: u64, random: &mut Random) -> Self {
        Self {
            mrr: 900 * (1 + random.below(12) * random.below(12)),
            currency: random.pick(&CURRENCIES),
            agent: random.per_mille(600).then(|| random.pick(&AGENT_NAMES)),
            number: random.per_mille(700).then_some(number),
            change: Change::Start,
        }
    }

    /// What happens to it next; `None` once it is cancelled.
    fn proceed(mut self, random: &mut Random) -> Option<Self> {
        if self.change == Change::Cancel {
            return None;
        }
        self.change = match random.below(100) {
            0..55 => Change::Renew,
            55..75 => Change::Upgrade,
            75..85 => Change::Downgrade,
            _ => Change::Cancel,
        };
        match self.change {
            Change::Upgrade => self.mrr += 900 * (1 + random.below(5)),
            Change::Downgrade => self.mrr = self.mrr * 2 / 3,
            Change::Cancel => self.mrr = 0,
            Change::Start | Change::Renew => {}
        }
        Some(self)
    }
}

/// What is still to happen to a customer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matter {
    Replied(Ticket),
    Resolved(Ticket),
    /// The customer is asked about a resolved ticket.
    Asked(Ticket),
    Refund(Payment),
    Subscription(Subscription),
}

impl Matter {
    /// What happens first to a ticket that was just opened, and how many milliseconds later.
    pub(crate) fn of_ticket(ticket: Ticket, random: &mut Random) -> Option<(i64, Self)> {
        // One in ten is never answered.
        (!random.per_mille(100)).then(|| (random.between(MINUTE_MS, 480 * MINUTE_MS), Self::Replied(ticket)))
    }

    /// What becomes of a payment.
    pub(crate) fn of_payment(payment: Payment, random: &mut Random) -> Option<(i64, Self)> {
        random.per_mille(80).then(|| (random.between(DAY_MS / 24, 6 * DAY_MS), Self::Refund(payment)))
    }

    /// What becomes of a subscription, now that its last change has happened.
    pub(crate) fn of_subscription(subscription: Subscription, random: &mut Random) -> Option<(i64, Self)> {
        let next = subscription.proceed(random)?;
        Some((random.between(DAY_MS, 20 * DAY_MS), Self::Subscription(next)))
    }

    /// What follows this matter, now that it has happened to `user`.
    pub(crate) fn proceed(
        self,
        user: u32,
        population: &mut Population,
        random: &mut Random,
    ) -> Option<(i64, Self)> {
        match self {
            Self::Replied(mut ticket) => {
                ticket.replies += 1;
                let hours = random.between(10 * MINUTE_MS, 2 * DAY_MS);
                match random.below(100) {
                    0..30 if ticket.replies < 4 => Some((hours / 4, Self::Replied(ticket))),
                    30..90 => Some((hours, Self::Resolved(ticket))),
                    _ => None,
                }
            }
            Self::Resolved(ticket) => {
                let asked = random.per_mille(600);
                asked.then(|| (random.between(MINUTE_MS, DAY_MS), Self::Asked(ticket)))
            }
            Self::Asked(_) | Self::Refund(_) => None,
            Self::Subscription(subscription) => {
                let next = Self::of_subscription(subscription, random);
                if next.is_none() {
                    population.set_subscribed(user, false);
                }
                next
            }
        }
    }
}
