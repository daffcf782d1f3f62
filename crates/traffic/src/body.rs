//! What events of the rarer types carry.

use crate::catalog::{AGENT_NAMES, CHANNELS, CURRENCIES, LINKS, NETWORKS, PRODUCTS, SPEND_CHANNELS};
use crate::followup::{Change, Payment, Subscription, Ticket};
use crate::json::Object;
use crate::random::{Draw, Random};

/// A link and its campaign.
pub(crate) fn link(object: &mut Object<'_>, number: usize) {
    let (link, campaign) = LINKS[number];
    object.text("link", link);
    object.optional("campaign", campaign);
}

/// What was bought, and for how much.
pub(crate) fn paid(object: &mut Object<'_>, payment: Payment, random: &mut Random) {
    let (currency, decimals) = payment.currency;
    if random.per_mille(500) {
        object.text_of("amount", |text| text.decimal(payment.amount, decimals));
    } else {
        object.decimal("amount", payment.amount, decimals);
    }
    object.text("currency", currency);
    let (product, kind) = PRODUCTS[usize::from(payment.product) % PRODUCTS.len()];
    object.text("product", product);
    object.text("kind", kind);
    object.text_of("order_id", |text| {
        text.push("o-");
        text.number(payment.order);
    });
}

/// A ticket and what happened to it.
pub(crate) fn ticket(object: &mut Object<'_>, ticket: Ticket, action: &str) {
    object.text_of("ticket_id", |text| {
        text.push("t-");
        text.number(ticket.number);
    });
    object.text("action", action);
    object.text("channel", ticket.channel);
    if action != "opened" {
        object.text("agent", ticket.agent);
    }
}

/// A subscription and its change.
pub(crate) fn subscription(object: &mut Object<'_>, subscription: Subscription, random: &mut Random) {
    if let Some(number) = subscription.number {
        object.text_of("subscription_id", |text| {
            text.push("sub-");
            text.number(number);
        });
    }
    let (action, reason) = match subscription.change {
        Change::Start => ("start", None),
        Change::Renew => ("renew", None),
        Change::Upgrade => ("upgrade", Some(random.pick(&["upsell", "cross_sell", "add_on"]))),
        Change::Downgrade => ("downgrade", None),
        Change::Cancel => {
            ("cancel", Some(random.pick(&["too expensive", "missing feature", "no longer needed"])))
        }
    };
    object.text("action", action);
    if !matches!(subscription.change, Change::Renew | Change::Cancel) {
        let (currency, decimals) = subscription.currency;
        object.text_of("mrr", |text| text.decimal(subscription.mrr, decimals));
        object.text("currency", currency);
    }
    object.optional("reason", reason);
    object.optional("agent", subscription.agent);
}

/// An answer or a dismissal, about a ticket if there is one.
pub(crate) fn survey(object: &mut Object<'_>, about: Option<Ticket>, random: &mut Random) {
    let (kind, lowest, scale) = match (about, random.below(10)) {
        (Some(_), 0..6) => ("csat", 1, 5),
        (Some(_), _) => ("ces", 1, 7),
        (None, 0..4) => ("nps", 0, 10),
        (None, 4..6) => ("csat", 1, 5),
        (None, 6..8) => ("ces", 1, random.pick(&[5, 7])),
        (None, _) => ("cxi", 1, random.pick(&[5, 7])),
    };
    object.text("kind", kind);
    if random.per_mille(180) {
        object.raw("score", "null");
    } else {
        // The larger of two draws: most people are content.
        let span = scale - lowest + 1;
        object.number("score", lowest + random.below(span).max(random.below(span)));
    }
    if matches!(kind, "ces" | "cxi") || random.per_mille(200) {
        object.number("scale", scale);
    }
    if kind == "cxi" {
        let component = random.pick(&["effort", "empathy", "understanding", "efficiency"]);
        object.text("component", component);
    }
    match about {
        Some(ticket) => {
            object.text("channel", ticket.channel);
            object.text("agent", ticket.agent);
            object.text_of("ticket_id", |text| {
                text.push("t-");
                text.number(ticket.number);
            });
        }
        None if random.per_mille(500) => {
            object.text("channel", random.pick(&CHANNELS));
            object.text("agent", random.pick(&AGENT_NAMES));
        }
        None => {}
    }
}

/// What happened to a post.
pub(crate) fn social(object: &mut Object<'_>, at: i64, random: &mut Random) {
    // Two posts a day, talked about for three days.
    let post = at.div_euclid(43_200_000) - random.below(6) as i64;
    object.text_of("post_id", |text| {
        text.push("post-");
        text.number(post.max(0) as u64);
    });
    let (action, most) = match random.below(100) {
        0..55 => ("impression", 400),
        55..75 => ("like", 12),
        75..83 => ("share", 3),
        83..89 => ("save", 2),
        89..96 => ("comment", 1),
        _ => ("mention", 1),
    };
    object.text("action", action);
    object.text("network", NETWORKS[(post.rem_euclid(NETWORKS.len() as i64)) as usize]);
    if most > 1 {
        object.number("count", 1 + random.below(most));
    }
}

/// What was paid to win customers.
pub(crate) fn spend(object: &mut Object<'_>, random: &mut Random) {
    let (currency, decimals) = random.pick(&CURRENCIES);
    object.decimal("amount", 500 + random.below(90_000), decimals);
    object.text("currency", currency);
    object.text("channel", random.pick(&SPEND_CHANNELS));
}
