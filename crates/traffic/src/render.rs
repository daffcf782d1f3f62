//! Events as JSON.

use crate::body::{link, paid, social, spend, subscription, survey, ticket};
use crate::catalog::{FEATURES, LINKS, REFERRERS, UNKNOWN_TYPES, pages};
use crate::client::{Client, EventIds, Identity, SessionIds, Stamp};
use crate::flaw::Flaw;
use crate::followup::{Matter, Payment, Ticket};
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
            Userless::Spend => spend(&mut object, random),
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
