//! The state of one session: which requests wait, what was answered, what is due.

use std::collections::VecDeque;
use std::time::Duration;

use skein_base::Timestamp;

use super::answer::{Answer, Body, Condition, Created, Ending};
use super::{Event, HOLD, Output, POLLING, REPEATS, Request, Times, Via};

/// A request that waits for its answer, or for one that came too late.
#[derive(Debug)]
struct Waiting<W> {
    request: Request,
    since: Timestamp,
    waiter: W,
}

/// One BOSH session. `W` stands for the HTTP request that waits for an answer:
/// whatever the web server wants back together with it.
///
/// After each call of [`request`](Self::request) hand the events to the stream
/// machine, [`push`](Self::push) what it has to say, then [`poll`](Self::poll).
#[derive(Debug)]
pub struct Session<W> {
    sid: String,
    via: Via,
    pinned: bool,
    versioned: bool,
    acks: bool,
    wait: Duration,
    hold: usize,
    times: Times,
    /// Until the first answer has told the client what was agreed on.
    created: Option<Created>,
    /// Highest `rid` taken in order.
    received: u64,
    /// Taken in order, not yet answered.
    held: VecDeque<Waiting<W>>,
    /// Came before the ones they follow.
    early: Vec<Waiting<W>>,
    /// Answers that may be asked for again, by `rid`.
    kept: VecDeque<(u64, Answer)>,
    queue: Vec<u8>,
    repeats: u8,
    last_new: Timestamp,
    last_new_was_empty: bool,
    last_answer_was_empty: bool,
    idle_since: Timestamp,
    inactivity: Duration,
    ending: Option<Ending>,
    over: bool,
}

impl<W> Session<W> {
    /// Opens a session for a request without `sid`. `sid` is fresh and not to be
    /// guessed; the caller has checked that `to` is served here. With `pinned`,
    /// requests from another address are refused.
    #[expect(clippy::too_many_arguments, reason = "each is one fact of a session's beginning")]
    pub fn open(
        times: Times,
        request: Request,
        sid: String,
        via: Via,
        pinned: bool,
        waiter: W,
        now: Timestamp,
        out: &mut Output<W>,
    ) -> Self {
        let wait = request.wait.min(times.wait);
        let polls = request.hold == 0 || wait.is_zero();
        let hold = if polls { 0 } else { request.hold.min(HOLD) };
        let inactivity = times.inactivity(polls);
        let created = Created {
            sid: sid.clone(),
            from: request.stream.to.clone().unwrap_or_default(),
            wait,
            hold,
            inactivity,
            pause: times.pause,
            rid: request.rid,
            version: request.version,
        };
        out.events.push(Event::Open(request.stream.clone()));
        Self {
            sid,
            via,
            pinned,
            versioned: request.version.is_some(),
            acks: request.ack.is_some(),
            wait,
            hold: usize::from(hold),
            times,
            created: Some(created),
            received: request.rid,
            held: VecDeque::from([Waiting { request, since: now, waiter }]),
            early: Vec::new(),
            kept: VecDeque::new(),
            queue: Vec::new(),
            repeats: 0,
            last_new: now,
            last_new_was_empty: false,
            last_answer_was_empty: false,
            idle_since: now,
            inactivity,
            ending: None,
            over: false,
        }
    }

    /// The session's id.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Whether the session may be forgotten.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// Bytes pushed and not yet answered with; the driver stops pushing above its bound.
    pub const fn queued(&self) -> usize {
        self.queue.len()
    }

    /// When [`poll`](Self::poll) is next due if nothing happens before.
    pub fn deadline(&self) -> Timestamp {
        match self.held.front() {
            Some(oldest) => oldest.since.plus(self.wait),
            None => self.idle_since.plus(self.inactivity),
        }
    }

    /// Takes a request that named this session's `sid`.
    ///
    /// A request over plain http in a session begun over https, or from another
    /// address when pinned, is refused and changes nothing (XEP-0124 section 19.1).
    pub fn request(
        &mut self,
        request: Request,
        via: Via,
        waiter: W,
        now: Timestamp,
        out: &mut Output<W>,
    ) {
        let foreign = (self.via.secure && !via.secure)
            || (self.pinned && self.via.address.to_canonical() != via.address.to_canonical());
        if foreign || self.over {
            out.answers.push((waiter, Answer::refusal(Condition::ItemNotFound, self.versioned)));
            return;
        }
        let rid = request.rid;
        let window = self.received..=self.received.saturating_add(self.requests() as u64);
        if rid <= self.received || self.early.iter().any(|early| early.request.rid == rid) {
            return self.repeat(rid, waiter, out);
        }
        if !window.contains(&rid) {
            return self.fail(Condition::ItemNotFound, Some(waiter), out);
        }
        let spared = request.pause.is_some() || request.terminate;
        self.early.push(Waiting { request, since: now, waiter });
        if self.early.len() + self.held.len() > self.requests() && !spared {
            let waiter = self.early.pop().map(|last| last.waiter);
            return self.fail(Condition::PolicyViolation, waiter, out);
        }
        while let Some(next) = self.take_next() {
            self.take(next, now, out);
        }
    }

    /// Queues complete elements for the client, each declaring its own namespace.
    pub fn push(&mut self, elements: &[u8]) {
        self.queue.extend_from_slice(elements);
    }

    /// Ends the session from this side, after what was pushed: with `None` because
    /// the stream closed in good order. A client that holds no request open learns
    /// of it by its next one.
    pub fn end(&mut self, condition: Option<Condition>, now: Timestamp, out: &mut Output<W>) {
        self.ending.get_or_insert(Ending { condition });
        self.poll(now, out);
    }

    /// Answers what can or must be answered by now.
    pub fn poll(&mut self, now: Timestamp, out: &mut Output<W>) {
        if self.over {
            return;
        }
        if self.ending.is_some() && !self.held.is_empty() {
            return self.finish(now, out);
        }
        if !self.queue.is_empty() {
            self.answer_oldest(now, out);
        }
        while self.held.len() > self.hold
            || self.held.front().is_some_and(|oldest| oldest.since.plus(self.wait) <= now)
        {
            self.answer_oldest(now, out);
        }
        if self.held.is_empty() && self.idle_since.plus(self.inactivity) <= now {
            self.over = true;
            out.events.push(Event::Lost);
            let early = std::mem::take(&mut self.early);
            let refusal = Answer::refusal(Condition::ItemNotFound, self.versioned);
            out.answers.extend(early.into_iter().map(|e| (e.waiter, refusal.clone())));
        }
    }

    /// Simultaneous requests (section 8.2), the size of every window.
    const fn requests(&self) -> usize {
        self.hold + 1
    }

    fn take_next(&mut self) -> Option<Waiting<W>> {
        let next = self.received.checked_add(1)?;
        let at = self.early.iter().position(|early| early.request.rid == next)?;
        (!self.over).then(|| self.early.swap_remove(at))
    }

    /// Takes the request that is next in order (section 14.2).
    fn take(&mut self, mut next: Waiting<W>, now: Timestamp, out: &mut Output<W>) {
        let request = &mut next.request;
        self.received = request.rid;
        self.repeats = 0;
        self.forget_acknowledged(request.ack);
        let empty = request.is_empty();
        if empty && self.too_soon(now) {
            return self.fail(Condition::PolicyViolation, Some(next.waiter), out);
        }
        self.last_new = now;
        self.last_new_was_empty = empty;
        self.inactivity = self.times.inactivity(self.hold == 0);
        if request.restart {
            out.events.push(Event::Open(std::mem::take(&mut request.stream)));
        } else {
            out.events.extend(request.payloads.drain(..).map(Event::Payload));
        }
        let (pause, terminate) = (request.pause, request.terminate);
        next.since = now;
        self.held.push_back(next);
        if terminate {
            out.events.push(Event::Closed);
            self.ending = Some(Ending { condition: None });
            self.finish(now, out);
        } else if let Some(pause) = pause {
            self.pause(pause.min(self.times.pause), now, out);
        }
    }

    /// Whether an empty request comes faster than [`POLLING`] allows: when it fills
    /// the last place (section 11), or twice in vain in a polling session (section 12).
    fn too_soon(&self, now: Timestamp) -> bool {
        let in_vain = if self.hold == 0 {
            self.last_new_was_empty && self.last_answer_was_empty
        } else {
            self.held.len() + 1 >= self.requests()
        };
        in_vain && now.since(self.last_new) < POLLING
    }

    /// Answers everything, the pause itself without payload (section 10).
    fn pause(&mut self, pause: Duration, now: Timestamp, out: &mut Output<W>) {
        while self.held.len() > 1 {
            self.answer_oldest(now, out);
        }
        let queue = std::mem::take(&mut self.queue);
        self.answer_oldest(now, out);
        self.queue = queue;
        self.inactivity = pause;
    }

    /// A `rid` that was seen before (section 14.3): its content is not looked at.
    fn repeat(&mut self, rid: u64, waiter: W, out: &mut Output<W>) {
        self.repeats = self.repeats.saturating_add(1);
        if self.repeats > REPEATS {
            return self.fail(Condition::PolicyViolation, Some(waiter), out);
        }
        let mut waiting = self.held.iter_mut().chain(&mut self.early);
        if let Some(same) = waiting.find(|waiting| waiting.request.rid == rid) {
            let old = std::mem::replace(&mut same.waiter, waiter);
            return out.answers.push((old, Answer::repeat_requests()));
        }
        match self.kept.iter().find(|(kept, _)| *kept == rid) {
            Some((_, answer)) => out.answers.push((waiter, answer.clone())),
            None => self.fail(Condition::ItemNotFound, Some(waiter), out),
        }
    }

    /// Drops answers the client has (section 9.2). In a session with
    /// acknowledgements none means all.
    fn forget_acknowledged(&mut self, ack: Option<u64>) {
        match ack {
            Some(ack) => self.kept.retain(|(rid, _)| *rid > ack),
            None if self.acks => self.kept.clear(),
            None => {}
        }
    }

    /// Answers the oldest request with all that is queued, if any waits.
    fn answer_oldest(&mut self, now: Timestamp, out: &mut Output<W>) {
        let Some(oldest) = self.held.pop_front() else { return };
        let rid = oldest.request.rid;
        let answer = self.body(rid, None).answer(self.versioned);
        self.last_answer_was_empty = self.queue.is_empty();
        self.queue = Vec::new();
        self.created = None;
        self.idle_since = now;
        self.kept.push_back((rid, answer.clone()));
        // One more than may be under way, since a pause may come on top.
        while self.kept.len() > self.requests() + 1 {
            self.kept.pop_front();
        }
        out.answers.push((oldest.waiter, answer));
    }

    fn body(&self, rid: u64, ending: Option<Ending>) -> Body<'_> {
        Body {
            created: self.created.as_ref(),
            ack: (self.created.is_none() && self.received != rid).then_some(self.received),
            payload: &self.queue,
            ending,
        }
    }

    /// The last answers: the oldest request learns the end, the others get nothing
    /// (section 13).
    fn finish(&mut self, now: Timestamp, out: &mut Output<W>) {
        let Some(oldest) = self.held.pop_front() else { return };
        let answer = self.body(oldest.request.rid, self.ending).answer(self.versioned);
        out.answers.push((oldest.waiter, answer));
        self.queue = Vec::new();
        self.created = None;
        self.idle_since = now;
        self.over = true;
        let rest = std::mem::take(&mut self.held).into_iter().chain(self.early.drain(..));
        let nothing = Body::default().answer(self.versioned);
        out.answers.extend(rest.map(|waiting| (waiting.waiter, nothing.clone())));
    }

    /// Ends the session because of what one request did; the others are told so.
    fn fail(&mut self, condition: Condition, culprit: Option<W>, out: &mut Output<W>) {
        self.over = true;
        let held = std::mem::take(&mut self.held).into_iter().chain(self.early.drain(..));
        let other = Answer::refusal(Condition::OtherRequest, self.versioned);
        out.answers.extend(held.map(|waiting| (waiting.waiter, other.clone())));
        let answer = Answer::refusal(condition, self.versioned);
        out.answers.extend(culprit.map(|waiter| (waiter, answer)));
        out.events.push(Event::Lost);
    }
}
