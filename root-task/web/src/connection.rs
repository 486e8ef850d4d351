// SPDX-License-Identifier: BSD-2-Clause

//! One connection, from its first byte to its last.

use core::time::Duration;

use crate::answer::{Answer, Body};
use crate::files::Files;
use crate::head::{Head, Status};
use crate::limits::{
    CLOSE_TIME, IDLE_TIME, KEEP_ALIVE, RATE_BYTES, RATE_TIME, REQUEST_LIMIT, REQUEST_TIME,
};
use crate::request::Request;
use crate::response::{Broken, Context, Response};

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing: it has no client.
    Free,
    /// Waits for a request, or its rest.
    Reading,
    /// Sends a response.
    Responding,
    /// Waits until the client has taken everything.
    Closing,
}

/// A connection with its buffers, for files of the type `F`.
#[derive(Debug)]
pub struct Connection<F> {
    pub(crate) phase: Phase,
    /// The start of the phase; of a request, when its first byte came.
    pub(crate) since: Duration,
    /// When the client last took bytes.
    pub(crate) progress: Duration,
    received: [u8; REQUEST_LIMIT],
    length: usize,
    /// Whether bytes came since the last look for a request.
    is_new: bool,
    response: Response<F>,
    keeps_alive: bool,
    /// The start of the time in which the client must take bytes, and how many it took.
    window: Duration,
    taken: usize,
}

impl<F> Default for Connection<F> {
    fn default() -> Self {
        Self {
            phase: Phase::Free,
            since: Duration::ZERO,
            progress: Duration::ZERO,
            received: [0; REQUEST_LIMIT],
            length: 0,
            is_new: false,
            response: Response::EMPTY,
            keeps_alive: false,
            window: Duration::ZERO,
            taken: 0,
        }
    }
}

impl<F> Connection<F> {
    /// Starts with a new client.
    pub(crate) fn start(&mut self, now: Duration) {
        self.length = 0;
        self.progress = now;
        self.enter(Phase::Reading, now);
    }

    fn enter(&mut self, phase: Phase, now: Duration) {
        self.phase = phase;
        self.since = now;
    }

    /// Takes received bytes, as many as there is room for. Returns their number.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Duration) -> usize {
        match self.phase {
            Phase::Reading => {
                if self.length == 0 {
                    self.since = now;
                }
                let free = self.received.get_mut(self.length..).unwrap_or_default();
                let count = free.len().min(bytes.len());
                for (place, byte) in free.iter_mut().zip(bytes) {
                    *place = *byte;
                }
                self.length += count;
                self.is_new |= count > 0;
                count
            }
            // The rest waits until the response is sent.
            Phase::Responding => 0,
            Phase::Free | Phase::Closing => bytes.len(),
        }
    }

    /// Whether the next turn does something even if no bytes come and go.
    pub(crate) fn can_go_on(&self) -> bool {
        self.phase == Phase::Reading && self.is_new
    }

    /// Whether it is an event stream.
    pub(crate) fn is_stream(&self) -> bool {
        self.phase == Phase::Responding && self.response.is_stream()
    }

    /// Whether it is an event stream with nothing to send.
    pub(crate) fn is_waiting_stream(&self) -> bool {
        self.phase == Phase::Responding && self.response.is_waiting()
    }

    /// The version of the state that it sends.
    pub(crate) fn version(&self) -> Option<u64> {
        self.response.version()
    }

    /// The time of its next step, if nothing else happens.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let time = match self.phase {
            Phase::Free => return None,
            Phase::Reading if self.length == 0 => self.since + IDLE_TIME,
            Phase::Reading => self.since + REQUEST_TIME,
            Phase::Responding if self.is_waiting_stream() => self.progress + KEEP_ALIVE,
            Phase::Responding => self.window + RATE_TIME,
            Phase::Closing => self.since + CLOSE_TIME,
        };
        Some(time)
    }

    /// Acts if its time is over.
    pub(crate) fn check_time<T: Files<File = F>>(
        &mut self,
        context: &mut Context<'_, '_, T>,
    ) -> Result<(), Broken> {
        let now = context.now;
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        match self.phase {
            Phase::Reading if self.length > 0 => {
                context.counters.slow += 1;
                self.refuse(Status::Slow, now)
            }
            Phase::Responding if self.is_waiting_stream() => {
                self.response.end_silence();
                self.start_window(now);
                Ok(())
            }
            Phase::Responding if self.taken >= RATE_BYTES => {
                self.start_window(now);
                Ok(())
            }
            Phase::Responding => {
                context.counters.slow += 1;
                Err(Broken)
            }
            Phase::Free | Phase::Reading | Phase::Closing => Err(Broken),
        }
    }

    /// Answers a request, if a whole one has come.
    pub(crate) fn answer<T: Files<File = F>>(
        &mut self,
        context: &mut Context<'_, '_, T>,
    ) -> Result<(), Broken> {
        if !self.can_go_on() {
            return Ok(());
        }
        self.is_new = false;
        let received = self.received.get(..self.length).unwrap_or_default();
        let is_full = self.length == REQUEST_LIMIT;
        let request = match Request::parse(received, is_full) {
            Ok(None) => return Ok(()),
            Ok(Some(request)) => request,
            Err(bad) => {
                context.counters.refused += 1;
                return self.refuse(bad.into(), context.now);
            }
        };
        self.received.copy_within(request.length.., 0);
        self.length = self.length.saturating_sub(request.length);
        let has_room = context.streams_left > 0;
        let answer = Answer::to(&request, context.snapshots, context.files, has_room);
        *match answer.status {
            Status::Ok | Status::NotModified => &mut context.counters.answered,
            Status::Busy => &mut context.counters.busy,
            _ => &mut context.counters.refused,
        } += 1;
        let keeps_alive = request.keeps_alive && answer.content.length.is_some();
        let head = Head::write(answer.status, &answer.content, keeps_alive);
        self.respond(
            head.map_err(|_| Broken)?,
            answer.body,
            keeps_alive,
            context.now,
        );
        if request.head_only {
            self.response.drop_body(context.files);
        }
        if self.is_stream() {
            context.streams_left -= 1;
        }
        Ok(())
    }

    /// Answers in plain words, and ends the connection after that.
    pub(crate) fn refuse(&mut self, status: Status, now: Duration) -> Result<(), Broken> {
        let answer = Answer::words(status);
        let head = Head::write(status, &answer.content, false).map_err(|_| Broken)?;
        self.respond(head, answer.body, false, now);
        Ok(())
    }

    fn respond(&mut self, head: Head, body: Body<F>, keeps_alive: bool, now: Duration) {
        self.response = Response::new(head, body);
        self.keeps_alive = keeps_alive;
        self.progress = now;
        self.start_window(now);
        self.enter(Phase::Responding, now);
    }

    fn start_window(&mut self, now: Duration) {
        self.window = now;
        self.taken = 0;
    }

    /// Writes the next bytes of the response to `out`. Returns their number.
    pub(crate) fn send<T: Files<File = F>>(
        &mut self,
        out: &mut [u8],
        context: &mut Context<'_, '_, T>,
    ) -> Result<usize, Broken> {
        let now = context.now;
        let mut sent = 0;
        while self.phase == Phase::Responding
            && let Some(room @ [_, ..]) = out.get_mut(sent..)
        {
            let has_waited = self.response.is_waiting();
            let count = self.response.send(room, context)?;
            sent += count;
            match count {
                0 if self.response.is_stream() => break,
                0 => self.finish(context),
                _ if has_waited => self.start_window(now),
                _ => {}
            }
        }
        if sent > 0 {
            self.progress = now;
            self.taken = self.taken.saturating_add(sent);
        }
        Ok(sent)
    }

    /// Goes on after a response.
    fn finish<T: Files<File = F>>(&mut self, context: &mut Context<'_, '_, T>) {
        self.response.drop_body(context.files);
        self.is_new = self.length > 0;
        let next = match self.keeps_alive {
            true => Phase::Reading,
            false => Phase::Closing,
        };
        self.enter(next, context.now);
    }

    /// Takes note that the client sends no more bytes.
    pub(crate) fn end(&mut self, now: Duration) -> Result<(), Broken> {
        match self.phase {
            // A browser has closed the page.
            Phase::Responding if self.is_stream() => return Err(Broken),
            Phase::Reading if !self.is_new => self.enter(Phase::Closing, now),
            _ => {}
        }
        Ok(())
    }

    /// Drops the client.
    pub(crate) fn reset<T: Files<File = F>>(&mut self, files: &mut T) {
        self.response.drop_body(files);
        self.phase = Phase::Free;
    }
}
