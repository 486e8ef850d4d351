// SPDX-License-Identifier: BSD-2-Clause

//! Drives port 0 of a virtio console: a stream of bytes in each direction (Virtio 1.2, section 5.3).
//!
//! The console of `virtio-drivers` needs a heap, ends the component if the device lies about a length, and waits while
//! it sends.

use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::Transport;
use virtio_drivers::transport::mmio::MmioTransport;
use virtio_drivers::{Error, Result};

use crate::memory::DriverMemory;
use crate::negotiate::negotiate;

/// The queues' numbers.
const RECEIVE: u16 = 0;
const SEND: u16 = 1;

/// The most bytes that are received, or sent, at once.
const RECEIVED: usize = 4096;
const SENT: usize = 1024;

/// One buffer for each queue.
type Queue = VirtQueue<DriverMemory, 1>;

/// Port 0 of a virtio console.
pub struct Line {
    transport: MmioTransport<'static>,
    inwards: Queue,
    outwards: Queue,
    received: [u8; RECEIVED],
    receiving: Option<u16>,
    sent: [u8; SENT],
    /// The buffer that is being sent, and its length.
    sending: Option<(u16, usize)>,
}

impl Line {
    /// Starts the device.
    ///
    /// # Errors
    ///
    /// Fails if the device is too old or breaks a rule, or memory for devices is exhausted.
    pub fn new(mut transport: MmioTransport<'static>) -> Result<Self> {
        if negotiate(&mut transport, 0).is_none() {
            return Err(Error::Unsupported);
        }
        let inwards = Queue::new(&mut transport, RECEIVE, false, false)?;
        let outwards = Queue::new(&mut transport, SEND, false, false)?;
        transport.finish_init();
        let mut line = Self {
            transport,
            inwards,
            outwards,
            received: [0; RECEIVED],
            receiving: None,
            sent: [0; SENT],
            sending: None,
        };
        line.offer()?;
        Ok(line)
    }

    /// Clears the device's interrupt.
    pub fn acknowledge(&mut self) {
        self.transport.ack_interrupt();
    }

    /// Passes the bytes that have arrived to `take`. Returns `None` if there are none; then the next interrupt tells of
    /// more.
    ///
    /// # Errors
    ///
    /// Fails if the device breaks a rule.
    pub fn receive<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> Result<Option<T>> {
        let (Some(token), true) = (self.receiving, self.inwards.can_pop()) else {
            return Ok(None);
        };
        // SAFETY: `offer` added this buffer with this token.
        let length = unsafe {
            self.inwards
                .pop_used(token, &[], &mut [&mut self.received])?
        };
        self.receiving = None;
        let taken = take(self.received.get(..length as usize).ok_or(Error::IoError)?);
        self.offer()?;
        Ok(Some(taken))
    }

    /// Lets the device write to the buffer.
    fn offer(&mut self) -> Result<()> {
        // SAFETY: `DriverMemory` gives the device a copy of the buffer, which `receive` alone accesses.
        let token = unsafe { self.inwards.add(&[], &mut [&mut self.received])? };
        self.receiving = Some(token);
        if self.inwards.should_notify() {
            self.transport.notify(RECEIVE);
        }
        Ok(())
    }

    /// Sends up to 1024 bytes.
    ///
    /// # Errors
    ///
    /// Fails if there are more bytes, the device hasn't sent those before, or it breaks a rule.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some((token, length)) = self.sending {
            if !self.outwards.can_pop() {
                return Err(Error::NotReady);
            }
            let before = self.sent.get(..length).ok_or(Error::IoError)?;
            // SAFETY: the buffer was added below with this token.
            unsafe { self.outwards.pop_used(token, &[before], &mut [])? };
            self.sending = None;
        }
        let free = self.sent.get_mut(..bytes.len()).ok_or(Error::IoError)?;
        free.copy_from_slice(bytes);
        // SAFETY: `DriverMemory` gives the device a copy of the buffer.
        let token = unsafe { self.outwards.add(&[free], &mut [])? };
        self.sending = Some((token, bytes.len()));
        if self.outwards.should_notify() {
            self.transport.notify(SEND);
        }
        Ok(())
    }
}
