// SPDX-License-Identifier: BSD-2-Clause

//! Channels: shared memory with a byte stream in each direction.

use core::ptr;
use core::sync::atomic::AtomicU8;

use kaal_protocol::{Consumer, Cursors, Producer, Refusal, Request, Text};
use sel4::{MessageInfoBuilder, cap};

use crate::broker;

/// One end of a channel.
///
/// ```no_run
/// # use kaal_component::{Channel, Client, Echo, Refusal, wait};
/// # fn run() -> Result<(), Refusal> {
/// let echo = Client::lookup("echo")?;
/// let mut channel = Channel::create("echo", 8192)?;
/// // Asks the provider to accept the channel.
/// echo.call(Echo::Accept, ())?;
/// channel.send(b"hello")?;
/// while wait() & channel.event == 0 {}
/// let mut answer = [0; 5];
/// let received = channel.receive(&mut answer)?;
/// # let _ = received;
/// channel.close()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Channel {
    outwards: Producer<'static>,
    inwards: Consumer<'static>,
    signal: cap::Notification,
    /// The event that the other end sets.
    pub event: u64,
    address: u64,
}

impl Channel {
    /// Creates a channel of `bytes` to the provider of `service`. Then ask the provider to accept
    /// it; signals reach it only from then on.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, no running component
    /// provides it, or quota or memory are exhausted.
    pub fn create(service: &str, bytes: usize) -> Result<Self, Refusal> {
        let request = Request::CreateChannel(bytes as u64, Text::from(service));
        Self::open(&request, true)
    }

    /// Accepts the channel that `client` created last, if it has at most `most` bytes. It counts
    /// against the component's quota. Bytes that the client sent before are there, but sent no signal.
    ///
    /// # Errors
    ///
    /// Fails if there is no such channel, it is larger, or the quota is exhausted.
    pub fn accept(client: u64, most: usize) -> Result<Self, Refusal> {
        Self::open(&Request::AcceptChannel(client, most as u64), false)
    }

    fn open(request: &Request, is_creator: bool) -> Result<Self, Refusal> {
        let [address, size, signal, event] = broker::request(request)?;
        let [of_creator, back] = rings(address, size);
        let ((cursors, bytes), inwards) = match is_creator {
            true => (of_creator, back),
            false => (back, of_creator),
        };
        Ok(Self {
            outwards: Producer::new(cursors, bytes),
            inwards: Consumer::new(inwards.0, inwards.1),
            signal: cap::Notification::from_bits(signal),
            event,
            address,
        })
    }

    /// Whether the other end is there, or may still accept. After the event
    /// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED), this tells which channels have ended; close
    /// them.
    pub fn is_open(&self) -> bool {
        let answer = broker::request(&Request::IsOpen(self.address));
        answer.is_ok_and(|[is_open, ..]| is_open != 0)
    }

    /// Closes this end. The memory is free after both ends are closed.
    ///
    /// # Errors
    ///
    /// Fails if this end is closed already.
    pub fn close(self) -> Result<(), Refusal> {
        broker::free(self.address)
    }

    /// Sends as much of `bytes` as fits. Returns the number of bytes sent.
    ///
    /// # Errors
    ///
    /// Fails if the other end broke the channel. Then close it.
    pub fn send(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let sent = self.outwards.write(bytes)?;
        // The other end may be gone, or not have accepted yet. Then a non-blocking send does
        // nothing.
        self.signal.nb_send(MessageInfoBuilder::default().build());
        Ok(sent)
    }

    /// Receives up to `buffer.len()` bytes. Returns the number of bytes received.
    ///
    /// # Errors
    ///
    /// Fails if the other end broke the channel. Then close it.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Refusal> {
        Ok(self.inwards.read(buffer)?)
    }

    /// Returns the number of bytes that can be received. A server should receive no more than this
    /// for an event: the other end may go on sending, and then sets the event again.
    ///
    /// # Errors
    ///
    /// Fails if the other end broke the channel. Then close it.
    pub fn arrived(&self) -> Result<usize, Refusal> {
        Ok(self.inwards.unread()?)
    }

    /// Returns the number of bytes that can be sent.
    ///
    /// # Errors
    ///
    /// Fails if the other end broke the channel. Then close it.
    pub fn room(&self) -> Result<usize, Refusal> {
        Ok(self.outwards.room()?)
    }
}

/// Cursors and bytes of a stream.
type Stream = (&'static Cursors, &'static [AtomicU8]);

/// Returns the stream of the channel's creator, and the stream of the other end.
fn rings(address: u64, size: u64) -> [Stream; 2] {
    let half = size as usize / 2;
    [0, half].map(|offset| {
        let start = address as usize + offset;
        let cursors = ptr::with_exposed_provenance::<Cursors>(start);
        let bytes = ptr::with_exposed_provenance::<AtomicU8>(start + size_of::<Cursors>());
        // SAFETY: the broker mapped `size` bytes at `address`, a multiple of the page size. They
        // stay mapped until the channel is closed, which consumes it. All accesses are atomic, so
        // the other end may change the bytes.
        unsafe {
            let bytes = core::slice::from_raw_parts(bytes, half - size_of::<Cursors>());
            (&*cursors, bytes)
        }
    })
}
