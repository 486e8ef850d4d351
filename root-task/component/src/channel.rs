// SPDX-License-Identifier: BSD-2-Clause

//! Channels: shared memory with a byte stream in each direction.

use core::sync::atomic::AtomicU8;

use kaal_protocol::{Consumer, Cursors, Producer, Refusal};

use crate::shared_memory::SharedMemory;

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
    /// The event that the other end sets.
    pub event: u64,
    memory: SharedMemory,
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
        Ok(Self::open(SharedMemory::create(service, bytes)?, true))
    }

    /// Accepts the channel that `client` created last, if it has at most `most` bytes. It counts
    /// against the component's quota. Bytes that the client sent before are there, but sent no signal.
    ///
    /// # Errors
    ///
    /// Fails if there is no such channel, it is larger, or the quota is exhausted.
    pub fn accept(client: u64, most: usize) -> Result<Self, Refusal> {
        Ok(Self::open(SharedMemory::accept(client, most)?, false))
    }

    fn open(memory: SharedMemory, is_creator: bool) -> Self {
        let [of_creator, back] = rings(&memory);
        let ((cursors, bytes), inwards) = match is_creator {
            true => (of_creator, back),
            false => (back, of_creator),
        };
        Self {
            outwards: Producer::new(cursors, bytes),
            inwards: Consumer::new(inwards.0, inwards.1),
            event: memory.event,
            memory,
        }
    }

    /// Like [`SharedMemory::is_open`].
    pub fn is_open(&self) -> bool {
        self.memory.is_open()
    }

    /// Like [`SharedMemory::close`].
    ///
    /// # Errors
    ///
    /// Fails if this end is closed already.
    pub fn close(self) -> Result<(), Refusal> {
        self.memory.close()
    }

    /// Sends as much of `bytes` as fits. Returns the number of bytes sent.
    ///
    /// # Errors
    ///
    /// Fails if the other end broke the channel. Then close it.
    pub fn send(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let sent = self.outwards.write(bytes)?;
        self.memory.signal();
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
fn rings(memory: &SharedMemory) -> [Stream; 2] {
    let words = memory.words();
    let (low, high) = words.split_at(words.len() / 2);
    [low, high].map(|words| {
        let start = words.as_ptr();
        let length = size_of_val(words) - size_of::<Cursors>();
        // SAFETY: pages hold the words, so each half has room for the cursors, which are words too. They
        // stay mapped until the channel is closed, which consumes it. All accesses are atomic, so the
        // other end may change the bytes.
        unsafe {
            let bytes = start.byte_add(size_of::<Cursors>()).cast::<AtomicU8>();
            let bytes = core::slice::from_raw_parts(bytes, length);
            (&*start.cast::<Cursors>(), bytes)
        }
    })
}
