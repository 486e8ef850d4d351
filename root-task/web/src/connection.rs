// SPDX-License-Identifier: BSD-2-Clause

//! One connection, from its first byte to its last.

mod times;

use core::task::Poll;
use core::time::Duration;

use crate::answer::{Answer, Body};
use crate::files::Files;
use crate::head::{Head, Status};
use crate::limits::REQUEST_LIMIT;
use crate::request::Request;
use crate::response::{Broken, Context, Response};

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing: it has no client.
    Free,
    /// Waits for a request, or its rest.
    Reading,
    /// Waits for the file that its request names.
    Opening,
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
    /// The file that is being opened.
    opening: Option<F>,
    response: Response<F>,
    /// Since when the response waits for the disk.
    disk_wait: Option<Duration>,
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
            opening: None,
            response: Response::EMPTY,
            disk_wait: None,
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
            Phase::Opening | Phase::Responding => 0,
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

    /// Whether it waits for the disk.
    pub(crate) fn waits_for_disk(&self) -> bool {
        self.phase == Phase::Opening || self.phase == Phase::Responding && self.disk_wait.is_some()
    }

    /// The version of the state that it sends.
    pub(crate) fn version(&self) -> Option<u64> {
        self.response.version()
    }

    /// Answers a request, if a whole one has come, and its file is open.
    pub(crate) fn answer<T: Files<File = F>>(
        &mut self,
        context: &mut Context<'_, '_, T>,
    ) -> Result<(), Broken> {
        if !self.can_go_on() && self.phase != Phase::Opening {
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
        let has_room = context.streams_left > 0;
        let (snapshots, files) = (context.snapshots, &mut *context.files);
        let Poll::Ready(answer) =
            Answer::to(&request, snapshots, files, has_room, &mut self.opening)
        else {
            if self.phase != Phase::Opening {
                self.progress = context.now;
                self.enter(Phase::Opening, context.now);
            }
            return Ok(());
        };
        self.received.copy_within(request.length.., 0);
        self.length = self.length.saturating_sub(request.length);
        *match answer.status {
            Status::Ok | Status::NotModified => &mut context.counters.answered,
            Status::Busy => &mut context.counters.busy,
            Status::Damaged => &mut context.counters.failed,
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
        self.disk_wait = None;
        self.keeps_alive = keeps_alive;
        self.progress = now;
        self.start_window(now);
        self.enter(Phase::Responding, now);
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
            match self.response.send(room, context)? {
                Poll::Pending => {
                    if !self.is_stream() {
                        self.disk_wait.get_or_insert(now);
                    }
                    break;
                }
                Poll::Ready(0) => self.finish(context),
                Poll::Ready(count) => {
                    sent += count;
                    if has_waited {
                        self.start_window(now);
                    }
                    // The client could take nothing meanwhile.
                    if let Some(since) = self.disk_wait.take() {
                        self.window += now.saturating_sub(since);
                    }
                }
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
        self.drop_opening(files);
        self.phase = Phase::Free;
    }

    fn drop_opening<T: Files<File = F>>(&mut self, files: &mut T) {
        if let Some(file) = self.opening.take() {
            files.close(file);
        }
    }
}
