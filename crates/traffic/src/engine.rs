//! The simulation: a queue of what is to happen, and what happens when its time has come.

use event_model::Reason;

use crate::client::{Client, Clients, EventIds, SessionIds};
use crate::fate::{Chances, Circumstances, Fate};
use crate::flaw::Flaw;
use crate::followup::{Matter, Payment, Subscription, Ticket};
use crate::pace::{Books, Pace};
use crate::population::Population;
use crate::queue::{Queue, Task};
use crate::random::{Draw, Random};
use crate::record::{Generated, Note};
use crate::render::{Envelope, Render, Userless};
use crate::session::{Choices, Session, Step};
use crate::settings::{DAY_MS, Settings};

const MINUTE_MS: i64 = 60_000;

/// The simulation.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    random: Random,
    clients: Clients,
    population: Population,
    choices: Choices,
    render: Render,
    chances: Chances,
    oversized: bool,
    sites: usize,
    /// No event is older.
    start: i64,
    /// No record arrives later.
    last: i64,
    pub(crate) pace: Pace,
    queue: Queue,
    is_start_queued: bool,
    sessions: Vec<Session>,
    free_slots: Vec<u32>,
    /// Sessions begun so far.
    begun: u64,
    /// Records that open sessions are still expected to bring.
    planned: u64,
    /// Events, sessions, tickets and the like are numbered from here.
    number: u64,
    last_session_id: u64,
    /// The largest event time that has been emitted at its time.
    newest: i64,
    emitted: u64,
}

impl Engine {
    pub(crate) fn new(settings: &Settings, pace: Pace) -> Self {
        let (start, users) = (settings.start(), settings.users);
        Self {
            random: Random::new(settings.seed),
            clients: Clients::new(settings.seed, users, settings.sites.len()),
            population: Population::new(settings.seed, users, start, settings.end),
            choices: Choices::new(),
            render: Render::new(settings.seed, settings.sites.clone()),
            chances: Chances::new(settings),
            oversized: settings.oversized,
            sites: settings.sites.len(),
            start,
            last: settings.end,
            pace,
            queue: Queue::default(),
            is_start_queued: false,
            sessions: Vec::new(),
            free_slots: Vec::new(),
            begun: 0,
            planned: 0,
            number: 0,
            last_session_id: 0,
            newest: start,
            emitted: 0,
        }
    }

    /// Records emitted so far.
    pub(crate) fn emitted(&self) -> u64 {
        self.emitted
    }

    /// Fresh events among all records.
    pub(crate) fn fresh_share(&self) -> f64 {
        self.chances.fresh
    }

    pub(crate) fn users(&self) -> usize {
        self.population.users()
    }

    pub(crate) fn books(&self) -> Books {
        Books {
            emitted: self.emitted as f64 * self.chances.fresh,
            planned: self.planned as f64,
            sessions: self.begun as f64,
        }
    }

    /// Shortens all pauses, so that no more sessions overlap than there are users for.
    pub(crate) fn set_pause_factor(&mut self, factor: f64) {
        self.choices.pause_factor = (factor * 1024.0).clamp(1.0, 1024.0) as u32;
    }

    /// Lets records arrive at any time from now on.
    pub(crate) fn lift_end(&mut self) {
        self.last = i64::MAX;
    }

    /// Sees to it that the pace is asked for the next session.
    pub(crate) fn prime(&mut self, now: i64) {
        if !self.is_start_queued {
            self.schedule_start(now);
        }
    }

    /// Begins so many sessions, about `spread_ms` from now.
    pub(crate) fn warm_up(&mut self, sessions: usize, now: i64, spread_ms: f64) {
        for _ in 0..sessions {
            let after = (self.random.exponential() * spread_ms) as i64;
            self.begin_session(now + after);
        }
    }

    fn schedule_start(&mut self, now: i64) {
        let books = self.books();
        if let Some(at) = self.pace.next_start(now, books, &mut self.random) {
            self.is_start_queued = true;
            self.queue.push(at, Task::Start);
        }
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Fills `out` with the next record that arrives at `until` or before; false if there is none. When
    /// squeezing, what would arrive later arrives at `until`: then there always is one.
    pub(crate) fn next(&mut self, until: i64, squeeze: bool, out: &mut Generated) -> bool {
        loop {
            if !squeeze && !self.queue.is_due(until) {
                return false;
            }
            let Some((at, task)) = self.queue.pop() else {
                self.begin_session(until);
                continue;
            };
            if self.run(task, at.min(until), out) {
                self.emitted += 1;
                return true;
            }
        }
    }

    /// Lets a task happen; whether `out` holds a record that arrives now.
    fn run(&mut self, task: Task, now: i64, out: &mut Generated) -> bool {
        match task {
            Task::Start => {
                self.is_start_queued = false;
                if self.pace.may_start(self.books()) {
                    self.begin_session(now);
                    self.surroundings(now);
                }
                self.schedule_start(now);
                false
            }
            Task::Session(slot) => self.take_step(slot, now, out),
            Task::Record(record) => {
                *out = *record;
                out.timestamp_ms = now;
                true
            }
            Task::Matter(matter) => self.proceed_matter(*matter, now, out),
            Task::Userless(kind) => self.userless(kind, now, out),
        }
    }

    /// What happens now and then, in step with the traffic.
    fn surroundings(&mut self, now: i64) {
        match self.random.below(1000) {
            0..40 => self.queue.push(now, Task::Userless(Userless::Social)),
            40..50 => self.queue.push(now, Task::Userless(Userless::Spend)),
            _ => {}
        }
    }

    fn begin_session(&mut self, now: i64) {
        let user = self.population.pick(now, &mut self.random);
        let client = self.clients.client(user);
        let site = if self.sites > 1 && self.random.per_mille(50) {
            self.random.below(self.sites as u64) as u16
        } else {
            client.site
        };
        let id = match client.session_ids {
            SessionIds::Sticky => (1 << 63) | u64::from(user),
            SessionIds::Fresh if self.last_session_id > 0 && self.random.per_mille(5) => self.last_session_id,
            _ => self.next_number(),
        };
        if client.session_ids == SessionIds::Fresh {
            self.last_session_id = id;
        }
        let mut session = Session::begin(client, site, id, &self.choices, &mut self.random);
        let open = self.sessions.len() - self.free_slots.len();
        if open >= self.population.users() {
            session.cut_short();
        }
        self.population.enter(user);
        self.begun += 1;
        self.planned += u64::from(session.expected);
        let slot = match self.free_slots.pop() {
            Some(slot) => {
                self.sessions[slot as usize] = session;
                slot
            }
            None => {
                self.sessions.push(session);
                (self.sessions.len() - 1) as u32
            }
        };
        self.queue.push(now, Task::Session(slot));
    }

    fn take_step(&mut self, slot: u32, now: i64, out: &mut Generated) -> bool {
        let mut session = self.sessions[slot as usize];
        if session.step == Step::View {
            session.view.at = now;
        }
        let fate = self.fate(now);
        let envelope = self.envelope(&session.client, session.site, fate.at);
        session.client.key(&mut out.key);
        match session.step {
            Step::Purchase => {
                let payment = Payment::new(self.next_number(), &mut self.random);
                self.render.purchase(&mut out.value, &session, payment, envelope, &mut self.random);
                let next = Matter::of_payment(payment, &mut self.random);
                self.schedule_matter(now, &session, next);
            }
            Step::Ticket => {
                let ticket = Ticket::open(self.next_number(), &mut self.random);
                self.render.ticket(&mut out.value, &session.client, ticket, envelope, &mut self.random);
                let next = Matter::of_ticket(ticket, &mut self.random);
                self.schedule_matter(now, &session, next);
            }
            Step::Subscribe => {
                let number = self.next_number();
                let subscription = Subscription::start(number, &mut self.random);
                let matter = Matter::Subscription(subscription);
                self.render.matter(&mut out.value, &session.client, matter, envelope, &mut self.random);
                self.population.set_subscribed(session.client.user, true);
                let next = Matter::of_subscription(subscription, &mut self.random);
                self.schedule_matter(now, &session, next);
            }
            _ => self.render.step(&mut out.value, &session, now, envelope, &mut self.random),
        }
        session.is_new &= session.step != Step::View;
        self.after_step(slot, session, now);
        self.deliver(now, fate, envelope.event.is_some(), out)
    }

    /// Schedules the session's next step, or ends it.
    fn after_step(&mut self, slot: u32, mut session: Session, now: i64) {
        let met = session.expected.min(1);
        session.expected -= met;
        self.planned -= u64::from(met);
        let user = session.client.user;
        let mut pause = session.proceed(&self.choices, &mut self.random);
        if session.step == Step::Subscribe && self.population.is_subscribed(user) {
            pause = None;
        }
        match pause {
            Some(pause) => {
                self.sessions[slot as usize] = session;
                self.queue.push(now + pause, Task::Session(slot));
            }
            None => {
                self.planned -= u64::from(session.expected);
                let rest = self.random.between(32 * MINUTE_MS, 100 * MINUTE_MS);
                self.population.leave(user, now + rest);
                self.free_slots.push(slot);
            }
        }
    }

    /// How many records and matters may be under way: bounded by the users.
    fn has_room(&self) -> bool {
        self.queue.held() < self.population.users() + 4096
    }

    fn schedule_matter(&mut self, now: i64, session: &Session, next: Option<(i64, Matter)>) {
        if let Some((after, matter)) = next {
            self.continue_matter(now + after, (session.client.user, session.site, matter));
        }
    }

    fn continue_matter(&mut self, at: i64, matter: (u32, u16, Matter)) {
        if self.has_room() {
            self.queue.push(at, Task::Matter(Box::new(matter)));
        } else if matches!(matter.2, Matter::Subscription(_)) {
            self.population.set_subscribed(matter.0, false);
        }
    }

    fn proceed_matter(
        &mut self,
        (user, site, matter): (u32, u16, Matter),
        now: i64,
        out: &mut Generated,
    ) -> bool {
        let client = self.clients.client(user);
        let fate = self.fate(now);
        let envelope = self.envelope(&client, site, fate.at);
        client.key(&mut out.key);
        self.render.matter(&mut out.value, &client, matter, envelope, &mut self.random);
        if let Some((after, next)) = matter.proceed(user, &mut self.population, &mut self.random) {
            self.continue_matter(now + after, (user, site, next));
        }
        self.deliver(now, fate, envelope.event.is_some(), out)
    }

    fn userless(&mut self, kind: Userless, now: i64, out: &mut Generated) -> bool {
        let fate = self.fate(now);
        let site = self.random.below(self.sites as u64) as u16;
        let envelope = Envelope { at: fate.at, site, event: Some(self.next_number()) };
        let client = (kind == Userless::Social && self.random.per_mille(200)).then(|| self.anyone());
        match &client {
            Some(client) => client.key(&mut out.key),
            None => {
                out.key.clear();
                out.key.extend_from_slice(self.render.site(site).as_bytes());
            }
        }
        self.render.userless(&mut out.value, kind, client.as_ref(), envelope, &mut self.random);
        self.deliver(now, fate, true, out)
    }

    fn anyone(&mut self) -> Client {
        let user = self.population.pick(self.newest, &mut self.random);
        self.clients.client(user)
    }

    fn envelope(&mut self, client: &Client, site: u16, at: i64) -> Envelope {
        let number = self.next_number();
        let named = client.event_ids != EventIds::Absent && !self.random.per_mille(15);
        Envelope { at, site, event: named.then_some(number) }
    }

    fn fate(&mut self, now: i64) -> Fate {
        let circumstances = Circumstances {
            now,
            start: self.start,
            last: self.last,
            newest: self.newest,
            has_room: self.has_room(),
        };
        Fate::draw(&self.chances, circumstances, &mut self.random)
    }

    /// Hands over a fresh event or lets it wait; whether it arrives now. What it brings along waits too.
    fn deliver(&mut self, now: i64, fate: Fate, is_named: bool, out: &mut Generated) -> bool {
        out.note = fate.note;
        out.timestamp_ms = now;
        let repeat = (is_named && self.random.share(self.chances.duplicate)).then(|| out.clone());
        let is_now = fate.delay == 0;
        if is_now {
            self.newest = if fate.note == Note::Ordered { now } else { self.newest };
        } else {
            let delayed = Box::new(std::mem::take(out));
            self.queue.push(now + fate.delay, Task::Record(delayed));
        }
        if let Some(repeat) = repeat {
            self.repeat(now + fate.delay, repeat);
        }
        self.spoil(now);
        is_now
    }

    /// Lets a record that arrives at `first` arrive again, behind it.
    fn repeat(&mut self, first: i64, record: Generated) {
        let after = match self.random.below(10) {
            _ if !self.has_room() => 0,
            0..6 => self.random.between(500, 60_000),
            _ => self.random.between(MINUTE_MS, 58 * MINUTE_MS),
        };
        let at = first.saturating_add(after).min(self.last);
        let record = Generated { note: Note::Duplicate, ..record };
        self.queue.push(at, Task::Record(Box::new(record)));
    }

    /// Adds bad, unknown and empty records beside a fresh event.
    fn spoil(&mut self, now: i64) {
        if self.random.share(self.chances.bad) {
            let flaw = Flaw::draw(self.oversized, &mut self.random);
            let ahead = if flaw.rejection.reason == Reason::FutureTimestamp {
                self.random.between(5 * MINUTE_MS + 1, 2 * DAY_MS)
            } else {
                0
            };
            self.beside(now, Note::Bad(flaw.rejection), |engine, client, value| {
                engine.render.flawed(value, &flaw, client, now + ahead);
            });
        }
        if self.random.share(self.chances.unknown) {
            self.beside(now, Note::Unknown, |engine, client, value| {
                let envelope = engine.envelope(client, client.site, now);
                engine.render.unknown(value, client, envelope, &mut engine.random);
            });
        }
        if self.random.share(self.chances.tombstone) {
            self.beside(now, Note::Tombstone, |_, _, _| {});
        }
    }

    /// Lets a record of any user arrive next.
    fn beside(&mut self, now: i64, note: Note, write: impl FnOnce(&mut Self, &Client, &mut Vec<u8>)) {
        let client = self.anyone();
        let mut record = Box::new(Generated { note, ..Generated::default() });
        client.key(&mut record.key);
        write(self, &client, &mut record.value);
        self.queue.push(now, Task::Record(record));
    }

    /// Tasks waiting and slots of sessions: what memory grows with.
    #[cfg(test)]
    pub(crate) fn under_way(&self) -> usize {
        self.queue.len() + self.sessions.len()
    }
}
