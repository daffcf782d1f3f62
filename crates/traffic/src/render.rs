//! Events as JSON.

use crate::catalog::{
    AGENT_NAMES, CHANNELS, FEATURES, LINKS, NETWORKS, PRODUCTS, REFERRERS, SPEND_CHANNELS, UNKNOWN_TYPES,
    pages,
};
use crate::client::{Client, EventIds, Identity, SessionIds, Stamp};
use crate::flaw::Flaw;
use crate::followup::{Change, Matter, Payment, Subscription, Ticket};
use crate::json::{Object, Style, Text};
use crate::random::{Draw, Random, mix};
use crate::session::{Page, Session, Step, View};
use crate::table::Table;

/// What an event carries whatever its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    /// Event time, epoch milliseconds.
    pub(crate) at: i64,
    /// Number of the site.
    pub(crate) site: u16,
    /// The event's number, if its client names events.
    pub(crate) event: Option<u64>,
}

/// A session's own part of an envelope.
#[derive(Clone, Copy, Debug, Default)]
struct InSession {
    id: Option<u64>,
    referrer: bool,
}

/// Writes events.
#[derive(Clone, Debug)]
pub(crate) struct Render {
    seed: u64,
    sites: Vec<String>,
    /// Each path, cut where its number goes.
    pages: Vec<(String, Option<String>)>,
    features: Table,
    referrers: Table,
}

impl Render {
    pub(crate) fn new(seed: u64, sites: Vec<String>) -> Self {
        let cut = |page: String| match page.split_once("{}") {
            Some((head, tail)) => (head.to_owned(), Some(tail.to_owned())),
            None => (page, None),
        };
        Self {
            seed,
            sites,
            pages: pages().into_iter().map(cut).collect(),
            features: Table::zipf(FEATURES.len()),
            referrers: Table::zipf(REFERRERS.len()),
        }
    }

    /// The name of a site.
    pub(crate) fn site(&self, site: u16) -> &str {
        &self.sites[usize::from(site)]
    }

    fn site_field(&self, object: &mut Object<'_>, envelope: Envelope) {
        let site = self.site(envelope.site);
        if site != "default" || envelope.at % 2 == 0 {
            object.text("site", site);
        }
    }

    fn event_id(&self, object: &mut Object<'_>, uuid: bool, number: u64) {
        object.text_of("event_id", |text| {
            if !uuid {
                text.push("evt-");
                text.number(number);
                return;
            }
            let noise = mix(number ^ self.seed);
            text.hex(noise >> 32, 8);
            text.push("-");
            text.hex(noise >> 16, 4);
            text.push("-4");
            text.hex(noise, 3);
            text.push("-a");
            text.hex(noise >> 52, 3);
            text.push("-");
            // Multiplying by an odd number is a bijection: no two events share these 48 bits.
            text.hex(number.wrapping_mul(0x9e37_79b9_7f4b).wrapping_add(self.seed), 12);
        });
    }

    fn instant(object: &mut Object<'_>, client: &Client, at: i64) {
        match client.stamp {
            Stamp::Millis => object.number(client.stamp_key, at as u64),
            stamp => object.text_of(client.stamp_key, |text| {
                let hours = if stamp == Stamp::East { 2 } else { 0 };
                text.instant(at, hours, stamp == Stamp::Trimmed);
            }),
        }
    }

    fn user(object: &mut Object<'_>, client: &Client) {
        let known = matches!(client.identity, Identity::Known | Identity::Both);
        let key = if known { "user_id" } else { "anonymous_id" };
        object.text_of(key, |text| client.write_id(text));
        if client.identity == Identity::Both {
            object.text_of("anonymous_id", |text| client.write_other_id(text));
        }
    }

    /// Writes an event of `client`: what is common to all types, and in between what `body` writes.
    fn event(
        &self,
        out: &mut Vec<u8>,
        kind: &str,
        client: &Client,
        (envelope, session): (Envelope, InSession),
        random: &mut Random,
        body: impl FnOnce(&mut Object<'_>, &mut Random),
    ) {
        let mut object = Object::open(out, client.style);
        object.text("type", kind);
        if let Some(number) = envelope.event {
            self.event_id(&mut object, client.event_ids == EventIds::Uuid, number);
        }
        Self::instant(&mut object, client, envelope.at);
        self.site_field(&mut object, envelope);
        Self::user(&mut object, client);
        if let Some(id) = session.id {
            object.text_of("session_id", |text| {
                text.push("s-");
                text.hex(mix(id ^ self.seed), 12);
            });
        }
        body(&mut object, random);
        if session.referrer {
            object.text("referrer", REFERRERS[usize::from(self.referrers.draw(random))]);
        }
        let (agent, device, platform) =
            client.agent.map_or((None, "desktop", "web"), |a| (Some(a.0), a.1, a.2));
        object.optional("user_agent", agent);
        object.optional("country", client.country);
        if client.device {
            object.text("device", device);
            object.text("platform", platform);
        }
        object.optional("plan", client.plan);
        if client.extras {
            object.raw("props", r#"{"v":3,"tags":["a\"b","c"],"nested":{"type":"none","score":-1.5e-3}}"#);
            object.raw("sdk", r#""js 2.7.1""#);
        }
        object.close();
    }

    fn page(&self, object: &mut Object<'_>, page: Page) {
        let (head, tail) = &self.pages[usize::from(page.path)];
        object.text_of("page", |text: &mut Text<'_>| {
            text.push(head);
            if let Some(tail) = tail {
                text.number(u64::from(page.parameter));
                text.push(tail);
            }
            text.push(page.query.unwrap_or_default());
            text.push(page.fragment.unwrap_or_default());
        });
    }

    fn view_id(object: &mut Object<'_>, client: &Client, view: View) {
        if client.view_ids {
            object.text_of("pageview_id", |text| {
                text.push("v-");
                text.hex(view.id, 12);
            });
        }
    }

    /// Depth and engaged time, each at times not reported.
    fn reading(object: &mut Object<'_>, seen_ms: i64, random: &mut Random) {
        match random.below(20) {
            0 => {}
            1 => object.decimal("scroll_depth", random.below(1001), 1),
            2..5 => object.number("scroll_depth", random.pick(&[0, 25, 50, 75, 100])),
            _ => object.number("scroll_depth", random.below(101)),
        }
        if !random.per_mille(60) {
            let most = seen_ms.clamp(0, 1_800_000);
            object.number("engaged_ms", (most - random.between(0, most / 3 + 1)) as u64);
        }
    }

    /// Writes the session's current step.
    pub(crate) fn step(
        &self,
        out: &mut Vec<u8>,
        session: &Session,
        now: i64,
        envelope: Envelope,
        random: &mut Random,
    ) {
        let client = &session.client;
        let within = InSession {
            id: (client.session_ids != SessionIds::Absent).then_some(session.id),
            referrer: session.is_new
                && matches!(session.step, Step::View | Step::Open)
                && random.per_mille(720),
        };
        let outside = InSession::default();
        let view = session.view;
        let left = |o: &mut Object<'_>, random: &mut Random, view: View, known: bool| {
            self.page(o, view.page);
            if known {
                Self::view_id(o, client, view);
            }
            Self::reading(o, now - view.at, random);
        };
        match session.step {
            Step::Open | Step::Close => {
                self.event(out, "session", client, (envelope, within), random, |o, _| {
                    o.text("action", if session.step == Step::Open { "start" } else { "end" });
                })
            }
            Step::View => self.event(out, "pageview", client, (envelope, within), random, |o, random| {
                self.page(o, view.page);
                Self::view_id(o, client, view);
                if random.per_mille(40) {
                    Self::reading(o, 4000, random);
                }
            }),
            Step::Leave => self.event(out, "pageleave", client, (envelope, within), random, |o, random| {
                left(o, random, view, true);
            }),
            Step::LeaveBefore => {
                self.event(out, "pageleave", client, (envelope, within), random, |o, random| {
                    left(o, random, session.before.unwrap_or(view), true);
                })
            }
            Step::StrayLeave => {
                self.event(out, "pageleave", client, (envelope, within), random, |o, random| {
                    let path = (view.page.path + 7) % self.pages.len() as u16;
                    let page = Page { path, ..view.page };
                    left(o, random, View { page, at: now - 9000, ..view }, false);
                })
            }
            Step::Feature { interactive } => {
                self.event(out, "feature_use", client, (envelope, within), random, |o, random| {
                    o.text("feature", FEATURES[usize::from(self.features.draw(random))]);
                    if random.per_mille(600) {
                        self.page(o, view.page);
                    }
                    if !interactive || random.per_mille(100) {
                        o.raw("interactive", if interactive { "true" } else { "false" });
                    }
                });
            }
            Step::Impression { more } => {
                self.event(out, "impression", client, (envelope, within), random, |o, _| {
                    link(o, (usize::from(session.link) + usize::from(more)) % LINKS.len());
                })
            }
            Step::Click => self.event(out, "click", client, (envelope, within), random, |o, random| {
                link(o, usize::from(session.link));
                if random.per_mille(700) {
                    self.page(o, view.page);
                }
            }),
            Step::Survey => self.event(out, "survey", client, (envelope, outside), random, |o, random| {
                survey(o, None, random);
            }),
            // These carry numbers of their own: see `purchase`, `ticket` and `subscription`.
            Step::Purchase | Step::Ticket | Step::Subscribe => {}
        }
    }

    /// Writes a purchase in a session.
    pub(crate) fn purchase(
        &self,
        out: &mut Vec<u8>,
        session: &Session,
        payment: Payment,
        envelope: Envelope,
        random: &mut Random,
    ) {
        let within = InSession {
            id: (session.client.session_ids != SessionIds::Absent).then_some(session.id),
            referrer: false,
        };
        self.event(out, "purchase", &session.client, (envelope, within), random, |o, random| {
            paid(o, payment, random);
        });
    }

    /// Writes a ticket's opening.
    pub(crate) fn ticket(
        &self,
        out: &mut Vec<u8>,
        client: &Client,
        opened: Ticket,
        envelope: Envelope,
        random: &mut Random,
    ) {
        self.event(out, "ticket", client, (envelope, InSession::default()), random, |o, _| {
            ticket(o, opened, "opened");
        });
    }

    /// Writes what happens outside of sessions.
    pub(crate) fn matter(
        &self,
        out: &mut Vec<u8>,
        client: &Client,
        matter: Matter,
        envelope: Envelope,
        random: &mut Random,
    ) {
        let kind = match matter {
            Matter::Replied(_) | Matter::Resolved(_) => "ticket",
            Matter::Asked(_) => "survey",
            Matter::Refund(_) => "purchase",
            Matter::Subscription(_) => "subscription",
        };
        self.event(out, kind, client, (envelope, InSession::default()), random, |o, random| match matter {
            Matter::Replied(of) => ticket(o, of, "replied"),
            Matter::Resolved(of) => ticket(o, of, "resolved"),
            Matter::Asked(about) => survey(o, Some(about), random),
            Matter::Refund(payment) => {
                paid(o, payment, random);
                o.raw("refund", "true");
            }
            Matter::Subscription(of) => subscription(o, of, random),
        });
    }

    /// Writes an event of a type that the contract does not know.
    pub(crate) fn unknown(
        &self,
        out: &mut Vec<u8>,
        client: &Client,
        envelope: Envelope,
        random: &mut Random,
    ) {
        let kind = random.pick(&UNKNOWN_TYPES);
        self.event(out, kind, client, (envelope, InSession::default()), random, |o, random| {
            o.number("value", random.below(1000));
        });
    }

    /// Writes an event that needs no user, of one if `client` is given.
    pub(crate) fn userless(
        &self,
        out: &mut Vec<u8>,
        kind: Userless,
        client: Option<&Client>,
        envelope: Envelope,
        random: &mut Random,
    ) {
        let mut object = Object::open(out, Style::Compact);
        object.text("type", kind.name());
        if let Some(number) = envelope.event {
            self.event_id(&mut object, false, number);
        }
        object.text_of("timestamp", |text| text.instant(envelope.at, 0, false));
        self.site_field(&mut object, envelope);
        if let Some(client) = client {
            Self::user(&mut object, client);
        }
        match kind {
            Userless::Social => social(&mut object, envelope.at, random),
            Userless::Spend => {
                let (currency, decimals) = random.pick(&crate::catalog::CURRENCIES);
                object.decimal("amount", 500 + random.below(90_000), decimals);
                object.text("currency", currency);
                object.text("channel", random.pick(&SPEND_CHANNELS));
            }
        }
        object.close();
    }

    /// Writes a record with a flaw.
    pub(crate) fn flawed(&self, out: &mut Vec<u8>, flaw: &Flaw, client: &Client, at: i64) {
        flaw.write(out, |out, part| {
            out.push(b'"');
            match part {
                'u' => {
                    out.extend_from_slice(b"user_id\":\"");
                    client.write_id(&mut Text::plain(out));
                }
                _ => {
                    out.extend_from_slice(b"timestamp\":\"");
                    Text::plain(out).instant(at, 0, false);
                }
            }
            out.push(b'"');
        });
    }
}

/// The types that need no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Userless {
    Social,
    Spend,
}

impl Userless {
    fn name(self) -> &'static str {
        match self {
            Self::Social => "social",
            Self::Spend => "spend",
        }
    }
}

fn link(object: &mut Object<'_>, number: usize) {
    let (link, campaign) = LINKS[number];
    object.text("link", link);
    object.optional("campaign", campaign);
}

fn paid(object: &mut Object<'_>, payment: Payment, random: &mut Random) {
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

fn ticket(object: &mut Object<'_>, ticket: Ticket, action: &str) {
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

fn subscription(object: &mut Object<'_>, subscription: Subscription, random: &mut Random) {
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

fn survey(object: &mut Object<'_>, about: Option<Ticket>, random: &mut Random) {
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

fn social(object: &mut Object<'_>, at: i64, random: &mut Random) {
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
