// SPDX-License-Identifier: BSD-2-Clause

//! The driver's end. It never accesses the buffers, only hands them to the device and back.

use core::array;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::broken::Broken;
use crate::layout::{BUFFER, Kind, Layout, MOST};
use crate::queue::{Consumer, Descriptor, Producer};

/// The driver's end of the shared memory `M`.
#[derive(Debug)]
pub struct Driver<M> {
    memory: M,
    layout: Layout,
    receive_free: Consumer,
    received: Producer,
    send_free: Producer,
    send: Consumer,
    /// Which buffers for received packets the device has.
    receiving: [bool; MOST],
    /// How many these are.
    waiting: usize,
    /// Which buffers with packets to send the device has.
    sending: [bool; MOST],
}

/// A buffer with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The buffer.
    pub number: usize,
    /// Number of bytes in it.
    pub length: usize,
}

impl<M: AsRef<[AtomicU64]>> Driver<M> {
    /// The driver's end of memory that was never used by it. Tells the client the MAC address, and gives
    /// it all buffers for packets to send.
    ///
    /// # Errors
    ///
    /// Fails if the memory is too small.
    pub fn new(memory: M, mac: [u8; 6]) -> Result<Self, Broken> {
        let words = memory.as_ref();
        let layout = Layout::new(size_of_val(words)).ok_or(Broken::Count)?;
        let [a, b, c, d, e, f] = mac;
        if let Some(word) = words.first() {
            let mac = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
            word.store(mac, Ordering::Release);
        }
        let mut driver = Self {
            receive_free: Consumer::new(&layout, Kind::ReceiveFree),
            received: Producer::new(&layout, Kind::Received),
            send_free: Producer::new(&layout, Kind::SendFree),
            send: Consumer::new(&layout, Kind::Send),
            receiving: [false; MOST],
            waiting: 0,
            sending: array::from_fn(|number| number < layout.buffers),
            memory,
            layout,
        };
        for number in 0..layout.buffers {
            driver.sent(number)?;
        }
        Ok(driver)
    }

    /// What lies where in the memory.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The shared memory.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// Ends this end's use of the shared memory.
    pub fn into_memory(self) -> M {
        self.memory
    }

    /// Takes a free buffer for the device to receive into, if there is one. Each is taken once until the
    /// device returns it, so a client can't keep the driver busy.
    ///
    /// # Errors
    ///
    /// Fails if the client broke a rule. Then close the memory.
    pub fn to_receive(&mut self) -> Result<Option<usize>, Broken> {
        let Some(descriptor) = self.receive_free.pop(self.memory.as_ref())? else {
            return Ok(None);
        };
        let number = self.layout.receive_number(descriptor.offset as usize);
        let number = number.ok_or(Broken::Descriptor)?;
        take(&mut self.receiving, number)?;
        self.waiting += 1;
        if self.waiting == self.layout.buffers / 2 + 1 {
            self.receive_free.ask_no_more(self.memory.as_ref());
        }
        Ok(Some(number))
    }

    /// Passes on a packet that the device received.
    ///
    /// # Errors
    ///
    /// Fails if the device doesn't have the buffer, or the packet is longer than the buffer, or the client
    /// broke a rule.
    pub fn received(&mut self, packet: Filled) -> Result<(), Broken> {
        let Filled { number, length } = packet;
        if length > BUFFER {
            return Err(Broken::Device);
        }
        give_back(&mut self.receiving, number)?;
        self.waiting -= 1;
        let offset = self.layout.receive(number) as u32;
        let length = length as u32;
        let descriptor = Descriptor { offset, length };
        self.received.push(self.memory.as_ref(), descriptor)
    }

    /// Takes a packet for the device to send, if there is one. Each buffer is taken once until the device
    /// returns it.
    ///
    /// # Errors
    ///
    /// Fails if the client broke a rule. Then close the memory.
    pub fn to_send(&mut self) -> Result<Option<Filled>, Broken> {
        let Some(Descriptor { offset, length }) = self.send.pop(self.memory.as_ref())? else {
            return Ok(None);
        };
        let number = self.layout.send_number(offset as usize);
        let number = number.ok_or(Broken::Descriptor)?;
        let length = length as usize;
        if length == 0 || length > BUFFER {
            return Err(Broken::Descriptor);
        }
        take(&mut self.sending, number)?;
        Ok(Some(Filled { number, length }))
    }

    /// Gives the client back a buffer whose packet the device sent.
    ///
    /// # Errors
    ///
    /// Fails if the device doesn't have the buffer, or the client broke a rule.
    pub fn sent(&mut self, number: usize) -> Result<(), Broken> {
        give_back(&mut self.sending, number)?;
        let offset = self.layout.send(number) as u32;
        let descriptor = Descriptor { offset, length: 0 };
        self.send_free.push(self.memory.as_ref(), descriptor)
    }

    /// Whether the client must be signalled, because it asked for it. Call it after each batch of
    /// buffers.
    pub fn must_signal(&mut self) -> bool {
        let words = self.memory.as_ref();
        // Both, so that neither stays asked.
        self.received.take_request(words) | self.send_free.take_request(words)
    }

    /// Whether the client waits for a buffer to send a packet from.
    pub fn is_client_waiting(&self) -> bool {
        self.send_free.is_asked(self.memory.as_ref())
    }

    /// Asks the client for a signal when it has a packet to send or, if the device has few buffers to
    /// receive into, when it has a free one. Then look for both, before you wait.
    pub fn ask(&self) {
        let words = self.memory.as_ref();
        self.send.ask(words);
        if self.is_short() {
            self.receive_free.ask(words);
        }
    }

    /// Whether the device has few buffers to receive into.
    fn is_short(&self) -> bool {
        self.waiting <= self.layout.buffers / 2
    }
}

/// Marks a buffer as the device's, which it mustn't be.
fn take(taken: &mut [bool], number: usize) -> Result<(), Broken> {
    match taken.get_mut(number) {
        Some(taken) if !*taken => *taken = true,
        _ => return Err(Broken::Descriptor),
    }
    Ok(())
}

/// Marks a buffer as the client's, if the device has it.
fn give_back(taken: &mut [bool], number: usize) -> Result<(), Broken> {
    match taken.get_mut(number) {
        Some(taken) if *taken => *taken = false,
        _ => return Err(Broken::Device),
    }
    Ok(())
}
