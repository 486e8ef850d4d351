// SPDX-License-Identifier: BSD-2-Clause

//! The caller's connections.

/// Whether a transport has a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// No client: the transport waits for one, or its client is gone.
    Down,
    /// A client is connected.
    Up,
    /// A client is connected and has sent its last byte.
    Ended,
}

/// A connection's bytes, as the socket of a TCP stack gives and takes them.
pub trait Transport {
    /// Returns whether there is a client.
    fn link(&self) -> Link;

    /// Shows the received bytes to `take`, which returns how many of them it took. Calls it at most
    /// once, and not without bytes.
    fn receive(&mut self, take: &mut dyn FnMut(&[u8]) -> usize);

    /// Gives `fill` room for bytes to send. It returns how many it wrote, from the first on. Calls
    /// it at most once, and not without room.
    fn send(&mut self, fill: &mut dyn FnMut(&mut [u8]) -> usize);

    /// Ends the stream after the bytes that were written.
    fn finish(&mut self);

    /// Drops the client, and waits for another. Called at the end of each connection, also if the
    /// client is gone. Before that, the transport takes no other client.
    fn release(&mut self);
}
