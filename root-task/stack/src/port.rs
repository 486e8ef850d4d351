// SPDX-License-Identifier: BSD-2-Clause

//! A TCP socket as a connection of the server.

use core::cell::Cell;

use kaal_web::{Link, Transport};
use smoltcp::socket::tcp::{Socket, State};

/// The port of HTTP.
const HTTP: u16 = 80;

/// What the stack knows about a socket.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Whether the server has seen the client, and not released it.
    is_taken: Cell<bool>,
    /// Whether bytes came or went since the last look.
    has_moved: Cell<bool>,
    /// The number of the unfinished handshake, in the order of their starts.
    half_open: Cell<Option<u64>>,
    /// Whether the server counts the unfinished handshake as a client.
    counts: Cell<bool>,
}

/// A socket, and what the stack knows about it.
#[derive(Debug)]
pub(crate) struct Port<'a, 'b> {
    pub(crate) socket: &'a mut Socket<'b>,
    pub(crate) place: &'a Place,
}

impl Port<'_, '_> {
    /// Lets the socket wait for a client, if it has none and the server knows of none. Returns whether
    /// it waits.
    pub(crate) fn listen(&mut self) -> bool {
        let is_over = !self.socket.is_open() && self.socket.remote_endpoint().is_none();
        if is_over && !self.place.is_taken.get() {
            self.forget();
        }
        self.socket.is_listening()
    }

    /// Drops the client without telling it, and waits for another.
    pub(crate) fn forget(&mut self) {
        self.place.counts.set(false);
        self.socket.abort();
        // Can't fail: the socket is closed, and the port isn't 0.
        let _ = self.socket.listen(HTTP);
    }

    /// Returns the number of the unfinished handshake: `next`, if it is new.
    pub(crate) fn half_open(&self, next: u64) -> Option<u64> {
        let is_half_open = self.socket.state() == State::SynReceived;
        let number = is_half_open.then(|| self.place.half_open.get().unwrap_or(next));
        self.place.half_open.set(number);
        if !is_half_open {
            self.place.counts.set(false);
        }
        number
    }

    /// Lets the server count the unfinished handshake as a client.
    pub(crate) fn count(&self) {
        self.place.counts.set(true);
    }

    fn note(&self, has_moved: bool) {
        self.place
            .has_moved
            .set(self.place.has_moved.get() || has_moved);
    }

    /// Whether bytes came or went since the last call.
    pub(crate) fn has_moved(&self) -> bool {
        self.place.has_moved.take()
    }
}

impl Transport for Port<'_, '_> {
    fn link(&self) -> Link {
        let link = match self.socket.state() {
            State::SynReceived if self.place.counts.get() => Link::Up,
            State::Closed
            | State::Listen
            | State::SynSent
            | State::SynReceived
            | State::TimeWait => Link::Down,
            _ if self.socket.may_recv() => Link::Up,
            _ => Link::Ended,
        };
        if link != Link::Down {
            self.place.is_taken.set(true);
        }
        link
    }

    fn receive(&mut self, take: &mut dyn FnMut(&[u8]) -> usize) {
        if self.socket.can_recv() {
            let taken = self.socket.recv(|bytes| {
                let count = take(bytes).min(bytes.len());
                (count, count > 0)
            });
            self.note(taken.unwrap_or_default());
        }
    }

    fn send(&mut self, fill: &mut dyn FnMut(&mut [u8]) -> usize) {
        if self.socket.can_send() {
            let filled = self.socket.send(|room| {
                let count = fill(room).min(room.len());
                (count, count > 0)
            });
            self.note(filled.unwrap_or_default());
        }
    }

    fn finish(&mut self) {
        self.socket.close();
    }

    fn release(&mut self) {
        self.place.is_taken.set(false);
        match self.socket.state() {
            State::Closed | State::TimeWait => self.forget(),
            // The next client is there already.
            State::Listen => {}
            State::SynReceived if !self.place.counts.get() => {}
            // The client gets a reset. After that, `listen` waits for another.
            _ => self.socket.abort(),
        }
    }
}
