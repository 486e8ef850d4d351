// SPDX-License-Identifier: BSD-2-Clause

//! The client's end, such as a TCP/IP stack.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::broken::Broken;
use crate::layout::{BUFFER, Kind, Layout, WORD};
use crate::packet;
use crate::queue::{Consumer, Descriptor, Producer};

/// The client's end of the shared memory `M`.
#[derive(Debug)]
pub struct Client<M> {
    memory: M,
    layout: Layout,
    receive_free: Producer,
    received: Consumer,
    send_free: Consumer,
    send: Producer,
    /// A free buffer for the next packet.
    next: Option<Descriptor>,
}

impl<M: AsRef<[AtomicU64]>> Client<M> {
    /// The client's end of memory that was never used. Gives the driver all buffers for received packets.
    ///
    /// # Errors
    ///
    /// Fails if the memory is too small.
    pub fn new(memory: M) -> Result<Self, Broken> {
        let words = memory.as_ref();
        let layout = Layout::new(size_of_val(words)).ok_or(Broken::Count)?;
        let mut receive_free = Producer::new(&layout, Kind::ReceiveFree);
        for number in 0..layout.buffers {
            receive_free.push(words, empty(layout.receive(number)))?;
        }
        Ok(Self {
            received: Consumer::new(&layout, Kind::Received),
            send_free: Consumer::new(&layout, Kind::SendFree),
            send: Producer::new(&layout, Kind::Send),
            memory,
            layout,
            receive_free,
            next: None,
        })
    }

    /// The shared memory.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// Ends this end's use of the shared memory.
    pub fn into_memory(self) -> M {
        self.memory
    }

    /// The MAC address, which the driver wrote.
    pub fn mac(&self) -> [u8; 6] {
        let word = self.words().first();
        let word = word.map_or(0, |word| word.load(Ordering::Acquire));
        let [mac @ .., _, _] = word.to_le_bytes();
        mac
    }

    /// Copies the next packet into `bytes`. Returns its length; `None` if none has arrived. Longer
    /// packets are cut.
    ///
    /// # Errors
    ///
    /// Fails if the driver broke a rule. Then close the memory.
    pub fn receive(&mut self, bytes: &mut [u8]) -> Result<Option<usize>, Broken> {
        let words = self.memory.as_ref();
        let Some(descriptor) = self.received.pop(words)? else {
            return Ok(None);
        };
        let Descriptor { offset, length } = descriptor;
        let (offset, length) = (offset as usize, length as usize);
        if self.layout.receive_number(offset).is_none() || length > BUFFER {
            return Err(Broken::Descriptor);
        }
        let length = length.min(bytes.len());
        let buffer = words.get(offset / WORD..).unwrap_or_default();
        packet::read(buffer, bytes.get_mut(..length).unwrap_or_default());
        self.receive_free.push(words, empty(offset))?;
        Ok(Some(length))
    }

    /// Whether [`Self::send`] has a free buffer.
    ///
    /// # Errors
    ///
    /// Fails if the driver broke a rule. Then close the memory.
    pub fn can_send(&mut self) -> Result<bool, Broken> {
        if self.next.is_none() {
            self.next = self.send_free.pop(self.memory.as_ref())?;
        }
        Ok(self.next.is_some())
    }

    /// Sends a packet. Returns whether there was a free buffer.
    ///
    /// # Errors
    ///
    /// Fails if the packet is longer than [`BUFFER`], or the driver broke a rule. Then close the
    /// memory.
    pub fn send(&mut self, bytes: &[u8]) -> Result<bool, Broken> {
        if !self.can_send()? {
            return Ok(false);
        }
        let Some(Descriptor { offset, .. }) = self.next.take() else {
            return Ok(false);
        };
        if self.layout.send_number(offset as usize).is_none() || bytes.len() > BUFFER {
            return Err(Broken::Descriptor);
        }
        let words = self.memory.as_ref();
        let buffer = words.get(offset as usize / WORD..).unwrap_or_default();
        packet::write(buffer, bytes);
        let length = bytes.len() as u32;
        self.send.push(words, Descriptor { offset, length })?;
        Ok(true)
    }

    /// Whether the driver must be signalled, because it asked for it. Call it after each batch of
    /// packets.
    pub fn must_signal(&mut self) -> bool {
        let words = self.memory.as_ref();
        // Both, so that neither stays asked.
        self.send.take_request(words) | self.receive_free.take_request(words)
    }

    /// Asks the driver for a signal when a packet arrives or, if no buffer was free to send, when one is.
    /// Then look for both, before you wait. Returns whether the driver must be signalled, because it lets
    /// the card interrupt for sent packets only if the client waits for them.
    pub fn ask(&self) -> bool {
        self.received.ask(self.words());
        let waits = self.next.is_none();
        if waits {
            self.send_free.ask(self.words());
        }
        waits
    }

    fn words(&self) -> &[AtomicU64] {
        self.memory.as_ref()
    }
}

/// An empty buffer.
fn empty(offset: usize) -> Descriptor {
    Descriptor {
        offset: offset as u32,
        length: 0,
    }
}
