// SPDX-License-Identifier: BSD-2-Clause

//! A virtio disk (Virtio 1.2, section 5.2), and its client.

use kaal_block::{Fill, QUEUE, QUEUE_SIZE, Requests};
use kaal_component::{CHANNEL_ENDED, DmaMemory, Interrupt, Refusal, SharedMemory, wait};
use kaal_virtio::virtio_drivers::transport::Transport;
use kaal_virtio::virtio_drivers::transport::mmio::MmioTransport;
use kaal_virtio::{Found, negotiate};

use crate::patience::Patience;

/// The queue's number.
const REQUESTS: u16 = 0;

pub(crate) struct Disk {
    transport: MmioTransport<'static>,
    interrupt: Interrupt,
    requests: Requests<DmaMemory>,
    blocks: u64,
    patience: Patience,
    client: Option<SharedMemory>,
    /// Whether the disk didn't answer.
    is_silent: bool,
    /// Events that came during a request.
    events: u64,
}

impl Disk {
    /// Starts the device.
    pub(crate) fn start(found: Found) -> Result<Self, Refusal> {
        let Found {
            mut transport,
            interrupt,
        } = found;
        let is_ready = negotiate(&mut transport, 0).is_some();
        if !is_ready || transport.max_queue_size(REQUESTS) < QUEUE_SIZE.into() {
            return Err(Refusal::NotFound);
        }
        let [low, high] = [0, 4].map(|offset| transport.read_config_space::<u32>(offset));
        let (low, high) = low
            .and_then(|low| Ok((low, high?)))
            .map_err(|_| Refusal::NotFound)?;
        let memory = DmaMemory::allocate(QUEUE)?;
        let physical = memory.physical;
        let requests = Requests::new(memory, physical);
        let places = requests.places();
        transport.queue_set(
            REQUESTS,
            QUEUE_SIZE.into(),
            places.descriptors,
            places.available,
            places.used,
        );
        transport.finish_init();
        Ok(Self {
            transport,
            interrupt,
            requests,
            blocks: u64::from(low) | u64::from(high) << 32,
            patience: Patience::new()?,
            client: None,
            is_silent: false,
            events: 0,
        })
    }

    /// Returns the number of blocks.
    pub(crate) fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Takes a client with the memory that `accept` returns, unless there is one.
    pub(crate) fn attach(
        &mut self,
        accept: impl FnOnce() -> Result<SharedMemory, Refusal>,
    ) -> Result<(), Refusal> {
        match self.client {
            Some(_) => Err(Refusal::Taken),
            None => {
                self.client = Some(accept()?);
                Ok(())
            }
        }
    }

    /// Fills a window of the client's memory.
    pub(crate) fn fill(&mut self, fill: Fill) -> Result<(), Refusal> {
        let client = self.client.as_ref().ok_or(Refusal::NotFound)?;
        let (offset, length) = fill.check(self.blocks).ok_or(Refusal::Malformed)?;
        let end = offset + length;
        if end > size_of_val(client.words()) {
            return Err(Refusal::Malformed);
        }
        let to = client.physical + offset as u64;
        self.requests.read(fill.first, to, length)?;
        self.transport.notify(REQUESTS);
        let mut limit = self.patience.limit();
        loop {
            if let Some(outcome) = self.requests.outcome() {
                return outcome;
            }
            self.is_silent = self.patience.is_over(limit);
            if self.is_silent {
                return Err(Refusal::Failed);
            }
            let events = wait();
            self.events |= events;
            self.acknowledge(events)?;
            if events & CHANNEL_ENDED != 0 {
                self.patience.renew()?;
                limit = self.patience.limit();
            }
        }
    }

    /// Handles events.
    ///
    /// # Errors
    ///
    /// Fails if the driver must end: the disk doesn't answer, or the client is gone.
    pub(crate) fn look_at(&mut self, events: u64) -> Result<(), Refusal> {
        self.acknowledge(events)?;
        let events = events | core::mem::take(&mut self.events);
        if events & CHANNEL_ENDED != 0 {
            self.patience.renew()?;
            if self.client.as_ref().is_some_and(|client| !client.is_open()) {
                return Err(Refusal::NotFound);
            }
        }
        match self.is_silent {
            true => Err(Refusal::Broken),
            false => Ok(()),
        }
    }

    /// Lets the device interrupt again.
    fn acknowledge(&mut self, events: u64) -> Result<(), Refusal> {
        if events & self.interrupt.event != 0 {
            self.transport.ack_interrupt();
            self.interrupt.acknowledge()?;
        }
        Ok(())
    }
}
