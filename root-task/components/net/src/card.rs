// SPDX-License-Identifier: BSD-2-Clause

//! A virtio network card (Virtio 1.2, section 5.1).

use kaal_component::{DmaMemory, Interrupt, Refusal, SharedMemory};
use kaal_net::{Broken, Chains, Direction, Driver, QUEUE, drive};
use kaal_virtio::virtio_drivers::transport::Transport;
use kaal_virtio::virtio_drivers::transport::mmio::MmioTransport;
use kaal_virtio::{Found, negotiate};

/// The feature that the card has a MAC address.
const MAC: u64 = 1 << 5;

/// The queues' numbers.
const RECEIVE: u16 = 0;
const SEND: u16 = 1;

/// The MAC address of a card that has none: a locally administered one.
const NO_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 1];

/// A card and its client.
pub(crate) struct Card {
    transport: MmioTransport<'static>,
    interrupt: Interrupt,
    link: Option<Link>,
}

/// The queues of client and card.
struct Link {
    driver: Driver<SharedMemory>,
    receive: Chains<DmaMemory>,
    send: Chains<DmaMemory>,
}

impl Card {
    pub(crate) fn new(found: Found) -> Self {
        Self {
            transport: found.transport,
            interrupt: found.interrupt,
            link: None,
        }
    }

    /// Whether it has a client, or had one.
    pub(crate) fn is_taken(&self) -> bool {
        self.link.is_some()
    }

    /// Whether its client is there.
    pub(crate) fn has_client(&self) -> bool {
        let link = self.link.as_ref();
        link.is_some_and(|link| link.driver.memory().is_open())
    }

    /// Starts the card, with the client's memory.
    pub(crate) fn attach(&mut self, memory: SharedMemory) -> Result<(), Refusal> {
        let features = negotiate(&mut self.transport, MAC).ok_or(Refusal::NotFound)?;
        let mac = match features {
            0 => Ok(NO_MAC),
            _ => self.transport.read_config_space(0),
        };
        let mac = mac.map_err(|_| Refusal::NotFound)?;
        let shared = memory.physical;
        let driver = Driver::new(memory, mac).map_err(|_| Refusal::Malformed)?;
        let layout = *driver.layout();
        let buffers = (0..layout.buffers).map(|it| shared + layout.receive(it) as u64);
        let receive = self.queue(RECEIVE, Direction::Receive, buffers)?;
        let buffers = (0..layout.buffers).map(|it| shared + layout.send(it) as u64);
        let send = self.queue(SEND, Direction::Send, buffers)?;
        self.transport.finish_init();
        self.link = Some(Link {
            driver,
            receive,
            send,
        });
        self.pass_on().map_err(|_| Refusal::Broken)
    }

    /// Makes a queue, and tells the card.
    fn queue(
        &mut self,
        number: u16,
        direction: Direction,
        buffers: impl ExactSizeIterator<Item = u64>,
    ) -> Result<Chains<DmaMemory>, Refusal> {
        let memory = DmaMemory::allocate(QUEUE)?;
        let physical = memory.physical;
        let queue = Chains::new(memory, physical, direction, buffers);
        let size = queue.size() as u32;
        if self.transport.max_queue_size(number) < size {
            return Err(Refusal::NotFound);
        }
        let places = queue.places();
        self.transport.queue_set(
            number,
            size,
            places.descriptors,
            places.available,
            places.used,
        );
        Ok(queue)
    }

    /// Lets the card interrupt again.
    pub(crate) fn acknowledge(&mut self) -> Result<(), Refusal> {
        self.transport.ack_interrupt();
        self.interrupt.acknowledge()
    }

    /// Passes on all packets and free buffers, and tells card and client.
    pub(crate) fn pass_on(&mut self) -> Result<(), Broken> {
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let notify = drive(&mut link.driver, &mut link.receive, &mut link.send)?;
        if notify.receive {
            self.transport.notify(RECEIVE);
        }
        if notify.send {
            self.transport.notify(SEND);
        }
        if link.driver.must_signal() {
            link.driver.memory().signal();
        }
        Ok(())
    }
}
