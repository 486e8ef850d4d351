// SPDX-License-Identifier: BSD-2-Clause

//! Memory that two components share, with a signal in each direction.

use core::ptr;
use core::sync::atomic::AtomicU64;

use kaal_protocol::{Refusal, Request, Text};
use sel4::{MessageInfoBuilder, cap};

use crate::broker;

/// Zeroed memory that a client shares with the provider of a service.
///
/// The other end may change each word at any time, so check what you read. If the provider's entry in
/// `system.toml` contains `dma`, the memory is one block of 2ⁿ bytes, uncached at both ends. Then only
/// load and store words: the processor may not support other atomic operations there.
///
/// ```no_run
/// # use core::sync::atomic::Ordering;
/// # use kaal_component::{Client, Refusal, SharedMemory, calls};
/// # fn run() -> Result<(), Refusal> {
/// calls! {
///     enum Frames {
///         /// Accepts the memory that the caller created last.
///         Attach(()) -> () = 1,
///     }
/// }
///
/// let frames = SharedMemory::create("frames", 64 * 1024)?;
/// Client::lookup("frames")?.call(Frames::Attach, ())?;
/// frames.words()[0].store(1, Ordering::Release);
/// frames.signal();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SharedMemory {
    address: u64,
    size: usize,
    signal: cap::Notification,
    /// The event that the other end sets.
    pub event: u64,
    /// Its physical address, after [`Self::accept_for_device`]; else 0.
    pub physical: u64,
}

impl SharedMemory {
    /// Creates memory of `bytes` for the provider of `service`. Then ask the provider to accept it;
    /// signals reach it only from then on.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, no running component
    /// provides it, or quota or memory are exhausted.
    pub fn create(service: &str, bytes: usize) -> Result<Self, Refusal> {
        Self::open(&Request::CreateChannel(bytes as u64, Text::from(service)))
    }

    /// Accepts the memory that `client` created last, if it has at most `most` bytes. It counts against
    /// the component's quota. What the client wrote before is there, but sent no signal.
    ///
    /// # Errors
    ///
    /// Fails if there is no such memory, it is larger, or the quota is exhausted.
    pub fn accept(client: u64, most: usize) -> Result<Self, Refusal> {
        Self::open(&Request::AcceptChannel(client, most as u64))
    }

    /// Like [`Self::accept`], for memory that a device of the component accesses. It counts against the
    /// quota until the component ends, even if it is closed. If clients come and go, end when the quota
    /// is exhausted: the restart quiets the device, and frees the memory.
    ///
    /// # Errors
    ///
    /// Fails also if the component's configuration names no device that accesses memory.
    pub fn accept_for_device(client: u64, most: usize) -> Result<Self, Refusal> {
        Self::open(&Request::AcceptForDevice(client, most as u64))
    }

    fn open(request: &Request) -> Result<Self, Refusal> {
        let [address, size, signal, event, physical] = broker::request(request)?;
        Ok(Self {
            address,
            size: size as usize,
            signal: cap::Notification::from_bits(signal),
            event,
            physical,
        })
    }

    /// Returns the words.
    pub fn words(&self) -> &[AtomicU64] {
        let start = ptr::with_exposed_provenance(self.address as usize);
        // SAFETY: the broker mapped `size` bytes at `address`, a multiple of the page size. They stay
        // mapped until `close` consumes `self`. All accesses are atomic, so the other end may change
        // the words.
        unsafe { core::slice::from_raw_parts(start, self.size / size_of::<u64>()) }
    }

    /// Sets the other end's event. Does nothing if the other end is gone, or has not accepted yet.
    pub fn signal(&self) {
        self.signal.nb_send(MessageInfoBuilder::default().build());
    }

    /// Whether the other end is there, or may still accept. After the event
    /// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED), this tells whose other end is gone; close them.
    pub fn is_open(&self) -> bool {
        let answer = broker::request(&Request::IsOpen(self.address));
        answer.is_ok_and(|[is_open, ..]| is_open != 0)
    }

    /// Closes this end. The memory is free after both ends are closed, unless a device may access it.
    ///
    /// # Errors
    ///
    /// Fails if this end is closed already.
    pub fn close(self) -> Result<(), Refusal> {
        broker::free(self.address)
    }
}

impl AsRef<[AtomicU64]> for SharedMemory {
    fn as_ref(&self) -> &[AtomicU64] {
        self.words()
    }
}
