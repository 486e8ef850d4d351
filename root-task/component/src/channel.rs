// SPDX-License-Identifier: BSD-2-Clause

//! Channels: memory that two components share, with a stream of bytes in each direction.

use core::ptr;
use core::sync::atomic::AtomicU8;

use kaal_protocol::{Consumer, Cursors, Producer, Refusal, Request, Text};
use sel4::{MessageInfoBuilder, cap};

use crate::broker;

/// One end of a channel.
#[derive(Debug)]
pub struct Channel {
    producer: Producer<'static>,
    consumer: Consumer<'static>,
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
        let end = broker::request(&request)?;
        let (outwards, inwards) = halves(end);
        Ok(Self::new(end, outwards, inwards))
    }

    /// Takes part in the channel that `client` created last. What the client has sent before is there
    /// to be received, but was not signalled.
    ///
    /// # Errors
    ///
    /// Fails where it created none, or quota doesn't suffice.
    pub fn accept(client: u64) -> Result<Self, Refusal> {
        let end = broker::request(&Request::AcceptChannel { client })?;
        let (inwards, outwards) = halves(end);
        Ok(Self::new(end, outwards, inwards))
    }

    fn new([address, _, signal, event]: [u64; 4], outwards: Half, inwards: Half) -> Self {
        Self {
            address,
            producer: Producer::new(outwards.0, outwards.1),
            consumer: Consumer::new(inwards.0, inwards.1),
            signal: cap::Notification::from_bits(signal),
            event,
        }
    }

    /// Gives this end back. The memory is freed when both ends are.
    ///
    /// # Errors
    ///
    /// Fails where it was given back already.
    pub fn close(self) -> Result<(), Refusal> {
        let address = self.address;
        broker::request(&Request::Free { address }).map(drop)
    }

    /// The event that the other end sets.
    pub fn event(&self) -> u64 {
        self.event
    }

    /// Sends as much of `bytes` as there is room for. Returns how many that was.
    pub fn send(&mut self, bytes: &[u8]) -> usize {
        let sent = self.producer.write(bytes);
        // The other end may be gone, or not have accepted yet; a non-blocking send is without
        // consequence then.
        self.signal.nb_send(MessageInfoBuilder::default().build());
        sent
    }

    /// Receives what has been sent, up to `buffer.len()` bytes. Returns how many.
    pub fn receive(&mut self, buffer: &mut [u8]) -> usize {
        self.consumer.read(buffer)
    }
}

type Half = (&'static Cursors, &'static [AtomicU8]);

/// The stream from who created the channel, and the one back.
fn halves([address, size, ..]: [u64; 4]) -> (Half, Half) {
    let half = size as usize / 2;
    let at = |address: usize| {
        let cursors = ptr::with_exposed_provenance::<Cursors>(address);
        let bytes = ptr::with_exposed_provenance::<AtomicU8>(address + size_of::<Cursors>());
        // SAFETY: the broker mapped `size` bytes at `address`, whole pages, and they stay until the
        // channel is closed, which consumes it. All of it is atomic, so that the other end may change it.
        unsafe {
            let bytes = core::slice::from_raw_parts(bytes, half - size_of::<Cursors>());
            (&*cursors, bytes)
        }
    };
    let address = address as usize;
    (at(address), at(address + half))
}
