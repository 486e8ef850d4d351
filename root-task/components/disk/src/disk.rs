// SPDX-License-Identifier: BSD-2-Clause

//! A virtio disk (Virtio 1.2, section 5.2), and its client.

use kaal_block::{Fill, QUEUE, QUEUE_SIZE, Requests};
use kaal_component::{CHANNEL_ENDED, DmaMemory, Interrupt, Refusal, SharedMemory};
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
    request: Option<Request>,
}

/// A request to the device, or the last one until the client asks for its outcome.
struct Request {
    fill: Fill,
    /// When it has taken too long.
    limit: u64,
    outcome: Option<Result<(), Refusal>>,
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
            request: None,
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

    /// Fills a window of the client's memory. Returns whether it is filled; else the client gets an event when it may
    /// be.
    pub(crate) fn fill(&mut self, fill: Fill) -> Result<bool, Refusal> {
        if let Some(request) = &self.request {
            let Some(outcome) = request.outcome else {
                return Ok(false);
            };
            let is_this = request.fill == fill;
            self.request = None;
            if is_this {
                return outcome.map(|()| true);
            }
        }
        let client = self.client.as_ref().ok_or(Refusal::NotFound)?;
        let (offset, length) = fill.check(self.blocks).ok_or(Refusal::Malformed)?;
        let end = offset + length;
        if end > size_of_val(client.words()) {
            return Err(Refusal::Malformed);
        }
        let to = client.physical + offset as u64;
        self.requests.read(fill.first, to, length)?;
        self.transport.notify(REQUESTS);
        self.request = Some(Request {
            fill,
            limit: self.patience.limit(),
            outcome: None,
        });
        Ok(false)
    }

    /// Handles events.
    ///
    /// # Errors
    ///
    /// Fails if the driver must end: the disk doesn't answer, or the client is gone.
    pub(crate) fn look_at(&mut self, events: u64) -> Result<(), Refusal> {
        self.acknowledge(events)?;
        let mut is_renewed = false;
        if events & CHANNEL_ENDED != 0 {
            is_renewed = self.patience.renew()?;
            if self.client.as_ref().is_some_and(|client| !client.is_open()) {
                return Err(Refusal::NotFound);
            }
        }
        let waiting = self.request.as_mut();
        if let Some(request) = waiting.filter(|request| request.outcome.is_none()) {
            if is_renewed {
                request.limit = self.patience.limit();
            }
            request.outcome = self.requests.outcome();
            match (request.outcome, &self.client) {
                (Some(_), Some(client)) => client.signal(),
                (None, _) if self.patience.is_over(request.limit) => return Err(Refusal::Broken),
                _ => {}
            }
        }
        Ok(())
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
