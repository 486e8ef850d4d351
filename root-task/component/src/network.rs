// SPDX-License-Identifier: BSD-2-Clause

//! Packets of the network driver.

use kaal_protocol::{Packets, Refusal};

use crate::service::Client;
use crate::shared_memory::SharedMemory;

/// Size of the memory that is shared with the driver, in bytes: room for 63 packets in each direction.
const BYTES: usize = 256 << 10;

/// The network, as the component `net` drives it. The component's entry in `system.toml` must contain
/// `needs = ["net"]`.
///
/// ```no_run
/// # use kaal_component::{Interface, Refusal, wait};
/// # fn run() -> Result<(), Refusal> {
/// let mut network = Interface::open()?;
/// let mut packet = [0; 1514];
/// loop {
///     // Ask first, so that no packet is missed.
///     network.ask();
///     while let Some(length) = network.receive(&mut packet)? {
///         network.send(&packet[..length])?;
///     }
///     network.flush();
///     while wait() & network.event == 0 {}
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Interface {
    packets: kaal_net::Client<SharedMemory>,
    /// The MAC address.
    pub mac: [u8; 6],
    /// The event that the driver sets after [`Self::ask`]: packets have arrived, or buffers are free. With
    /// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED), the driver may be gone: see [`Self::is_open`].
    pub event: u64,
}

impl Interface {
    /// Attaches the component to the network. The driver has one client.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need `net`, the driver doesn't run or has another
    /// client, the machine has no network card, or the quota is exhausted.
    pub fn open() -> Result<Self, Refusal> {
        let memory = SharedMemory::create("net", BYTES)?;
        let event = memory.event;
        let packets = kaal_net::Client::new(memory).map_err(|_| Refusal::Malformed)?;
        if let Err(refusal) = Client::lookup("net")?.call(Packets::Attach, ()) {
            packets.into_memory().close()?;
            return Err(refusal);
        }
        let mac = packets.mac();
        Ok(Self {
            packets,
            mac,
            event,
        })
    }

    /// Copies the next packet into `packet`, and cuts what is longer. Returns its length; `None` if none
    /// has arrived.
    ///
    /// # Errors
    ///
    /// Fails if the driver broke a rule. Then close the interface.
    pub fn receive(&mut self, packet: &mut [u8]) -> Result<Option<usize>, Refusal> {
        self.packets.receive(packet).map_err(|_| Refusal::Broken)
    }

    /// Whether [`Self::send`] has room for a packet.
    ///
    /// # Errors
    ///
    /// Fails if the driver broke a rule. Then close the interface.
    pub fn can_send(&mut self) -> Result<bool, Refusal> {
        self.packets.can_send().map_err(|_| Refusal::Broken)
    }

    /// Sends a packet of at most 2048 bytes, at the next [`Self::flush`]. Returns whether there was room.
    ///
    /// # Errors
    ///
    /// Fails if the packet is longer, or the driver broke a rule. Then close the interface.
    pub fn send(&mut self, packet: &[u8]) -> Result<bool, Refusal> {
        self.packets.send(packet).map_err(|_| Refusal::Broken)
    }

    /// Tells the driver about packets that were received and sent. Call it once after several.
    pub fn flush(&mut self) {
        if self.packets.must_signal() {
            self.packets.memory().signal();
        }
    }

    /// Asks the driver to set [`Self::event`] when a packet arrives or, if there was no room to send, when there
    /// is. Then look for both, before you wait.
    pub fn ask(&self) {
        if self.packets.ask() {
            self.packets.memory().signal();
        }
    }

    /// Whether the driver is there.
    pub fn is_open(&self) -> bool {
        self.packets.memory().is_open()
    }

    /// Detaches the component from the network.
    ///
    /// # Errors
    ///
    /// Fails if the root task fails.
    pub fn close(self) -> Result<(), Refusal> {
        self.packets.into_memory().close()
    }
}
