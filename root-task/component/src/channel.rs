// SPDX-License-Identifier: BSD-2-Clause

//! Channels: memory that two components share, with a stream of bytes in each direction.

use core::ptr;
use core::sync::atomic::AtomicU8;

use kaal_protocol::{Cursors, Refusal, Request, Ring, Text};
use sel4::{MessageInfoBuilder, cap};

use crate::broker;

/// One end of a channel.
#[derive(Debug)]
pub struct Channel {
    outwards: Ring<'static>,
    inwards: Ring<'static>,
    signal: cap::Notification,
    event: u64,
    address: u64,
}

impl Channel {
    /// Creates a channel to the component that offers `service`, with `bytes` of memory. The other
    /// end must be told to accept it, and is signalled only from then on.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't need the service, nobody offers it, or
    /// quota or memory don't suffice.
    pub fn create(service: &str, bytes: usize) -> Result<Self, Refusal> {
        let request = Request::CreateChannel {
            service: Text::from(service),
            bytes: bytes as u64,
        };
        Self::open(&request, |[outwards, inwards]| [outwards, inwards])
    }

    /// Takes part in the channel that `client` created last. What the client has sent before is there
    /// to be received, but was not signalled.
    ///
    /// # Errors
    ///
    /// Fails where it created none, or quota doesn't suffice.
    pub fn accept(client: u64) -> Result<Self, Refusal> {
        let request = Request::AcceptChannel(client);
        Self::open(&request, |[inwards, outwards]| [outwards, inwards])
    }

    fn open(
        request: &Request,
        order: fn([Ring<'static>; 2]) -> [Ring<'static>; 2],
    ) -> Result<Self, Refusal> {
        let [address, size, signal, event] = broker::request(request)?;
        let [outwards, inwards] = order(rings(address, size));
        Ok(Self {
            outwards,
            inwards,
            signal: cap::Notification::from_bits(signal),
            event,
            address,
        })
    }

    /// Gives this end back. The memory is freed when both ends are.
    ///
    /// # Errors
    ///
    /// Fails where it was given back already.
    pub fn close(self) -> Result<(), Refusal> {
        broker::free(self.address)
    }

    /// The event that the other end sets.
    pub fn event(&self) -> u64 {
        self.event
    }

    /// Sends as much of `bytes` as there is room for. Returns how many that was.
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        let sent = self.outwards.write(bytes);
        // The other end may be gone, or not have accepted yet; a non-blocking send is without
        // consequence then.
        self.signal.nb_send(MessageInfoBuilder::default().build());
        sent
    }

    /// Receives what has been sent, up to `buffer.len()` bytes. Returns how many.
    pub fn receive(&mut self, buffer: &mut [u8]) -> usize {
        self.inwards.read(buffer)
    }
}

/// The stream from who created the channel, and the one back.
fn rings(address: u64, size: u64) -> [Ring<'static>; 2] {
    let half = size as usize / 2;
    [0, half].map(|offset| {
        let start = address as usize + offset;
        let cursors = ptr::with_exposed_provenance::<Cursors>(start);
        let bytes = ptr::with_exposed_provenance::<AtomicU8>(start + size_of::<Cursors>());
        // SAFETY: the broker mapped `size` bytes at `address`, whole pages, and they stay until the
        // channel is closed, which consumes it. All of it is atomic, so that the other end may change it.
        unsafe {
            let bytes = core::slice::from_raw_parts(bytes, half - size_of::<Cursors>());
            Ring::new(&*cursors, bytes)
        }
    })
}
