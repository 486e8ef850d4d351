// SPDX-License-Identifier: BSD-2-Clause

//! A response, sent piece by piece.

use core::mem;
use core::task::Poll;
use core::time::Duration;

use crate::answer::{ALIVE, Body, Events};
use crate::counters::Counters;
use crate::files::Files;
use crate::head::Head;
use crate::snapshots::Snapshots;

/// What the server tells its connections.
pub(crate) struct Context<'c, 'a, F> {
    pub(crate) now: Duration,
    pub(crate) snapshots: &'c Snapshots<'a>,
    pub(crate) counters: &'c mut Counters,
    pub(crate) files: &'c mut F,
    /// How many more event streams may start.
    pub(crate) streams_left: usize,
}

/// The connection can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// What is left of a response.
#[derive(Debug)]
pub(crate) struct Response<F> {
    head: Head,
    head_sent: usize,
    body: Body<F>,
}

impl<F> Response<F> {
    /// A response without a byte.
    pub(crate) const EMPTY: Self = Self::new(Head::EMPTY, Body::Constant(b""));

    pub(crate) const fn new(head: Head, body: Body<F>) -> Self {
        Self {
            head,
            head_sent: 0,
            body,
        }
    }

    /// Whether it is an event stream.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.body, Body::Events(_))
    }

    /// Whether it is an event stream with nothing to send.
    pub(crate) fn is_waiting(&self) -> bool {
        let is_head_sent = self.head_sent == self.head.as_bytes().len();
        is_head_sent && matches!(self.body, Body::Events(Events::UpTo(_)))
    }

    /// The version of the state that it sends.
    pub(crate) fn version(&self) -> Option<u64> {
        match self.body {
            Body::State(version, _) | Body::Events(Events::Within(version, _)) => Some(version),
            _ => None,
        }
    }

    /// Makes a stream that waits send something.
    pub(crate) fn end_silence(&mut self) {
        if let Body::Events(events) = &mut self.body
            && let Events::UpTo(version) = *events
        {
            *events = Events::Alive(version, 0);
        }
    }

    /// Leaves out the body.
    pub(crate) fn drop_body<T: Files<File = F>>(&mut self, files: &mut T) {
        if let Body::File(file, _) = mem::replace(&mut self.body, Body::Constant(b"")) {
            files.close(file);
        }
    }

    /// Writes the next bytes to `room`, which isn't empty. Returns their number; 0 if the response is sent,
    /// [`Poll::Pending`] if it waits for a new state or the disk.
    pub(crate) fn send<T: Files<File = F>>(
        &mut self,
        room: &mut [u8],
        context: &mut Context<'_, '_, T>,
    ) -> Result<Poll<usize>, Broken> {
        let head = copy(self.head.as_bytes(), &mut self.head_sent, room);
        if head > 0 {
            return Ok(Poll::Ready(head));
        }
        let count = match &mut self.body {
            Body::Constant(rest) => {
                let mut count = 0;
                copy(rest, &mut count, room);
                *rest = rest.get(count..).unwrap_or_default();
                count
            }
            Body::State(version, at) => {
                let json = context.snapshots.json(*version).ok_or(Broken)?;
                copy(json, at, room)
            }
            Body::Events(events) => return events.send(room, context.snapshots),
            Body::File(_, 0) => 0,
            Body::File(file, left) => {
                let most = usize::try_from(*left).map_or(room.len(), |left| left.min(room.len()));
                let room = room.get_mut(..most).unwrap_or_default();
                match context.files.read(file, room) {
                    Poll::Pending => return Ok(Poll::Pending),
                    Poll::Ready(Ok(count @ 1..)) if count <= most => {
                        *left -= count as u64;
                        count
                    }
                    Poll::Ready(_) => {
                        context.counters.failed += 1;
                        return Err(Broken);
                    }
                }
            }
        };
        Ok(Poll::Ready(count))
    }
}

impl Events {
    fn send(&mut self, room: &mut [u8], snapshots: &Snapshots<'_>) -> Result<Poll<usize>, Broken> {
        let version = snapshots.version();
        if let Self::UpTo(last) = *self
            && last != version
        {
            *self = Self::Within(version, 0);
        }
        let (event, version, at) = match self {
            Self::UpTo(_) => return Ok(Poll::Pending),
            Self::Within(version, at) => (snapshots.event(*version).ok_or(Broken)?, *version, at),
            Self::Alive(version, at) => (ALIVE, *version, at),
        };
        let count = copy(event, at, room);
        if *at == event.len() {
            *self = Self::UpTo(version);
        }
        Ok(Poll::Ready(count))
    }
}

/// Copies what fits of `bytes`, from `at` on. Returns the number of bytes, and moves `at` by it.
fn copy(bytes: &[u8], at: &mut usize, room: &mut [u8]) -> usize {
    let rest = bytes.get(*at..).unwrap_or_default();
    let count = rest.len().min(room.len());
    if let Some((part, room)) = rest.get(..count).zip(room.get_mut(..count)) {
        room.copy_from_slice(part);
    }
    *at += count;
    count
}
