// SPDX-License-Identifier: BSD-2-Clause

//! Packets of the caller's network.

use smoltcp::phy::{self, Checksum, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

use crate::inlet::Inlet;

/// The longest packet, in bytes: an Ethernet frame without its checksum.
pub const PACKET: usize = 1514;

/// The caller's network.
pub trait Network {
    /// Copies the next packet to `packet`. Returns its length; `None` if none has arrived.
    fn receive(&mut self, packet: &mut [u8]) -> Option<usize>;

    /// Whether there is room for a packet to send.
    fn can_send(&mut self) -> bool;

    /// Sends a packet. Called only if there is room.
    fn send(&mut self, packet: &[u8]);
}

/// Memory for a packet of each direction. Packets are copied here before they are read, because the
/// network may change them at any time.
#[derive(Debug)]
pub(crate) struct Buffers {
    received: Packet,
    sent: Packet,
}

/// Memory for a packet. Copies of whole words need this alignment.
#[derive(Debug)]
#[repr(align(8))]
struct Packet([u8; PACKET]);

impl Buffers {
    pub(crate) const EMPTY: Self = Self {
        received: Packet([0; PACKET]),
        sent: Packet([0; PACKET]),
    };
}

/// A network with buffers, and what it receives of it.
pub(crate) struct Device<'a, N> {
    pub(crate) network: &'a mut N,
    pub(crate) buffers: &'a mut Buffers,
    pub(crate) inlet: &'a mut Inlet,
}

/// A received packet.
pub(crate) struct Received<'a>(&'a [u8]);

/// Room for a packet to send.
pub(crate) struct Room<'a, N> {
    network: &'a mut N,
    packet: &'a mut [u8; PACKET],
}

impl<N: Network> phy::Device for Device<'_, N> {
    type RxToken<'t>
        = Received<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Room<'t, N>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        // The answer to a packet needs room.
        if !self.network.can_send() {
            return None;
        }
        let length = self.network.receive(&mut self.buffers.received.0)?;
        let packet = self.buffers.received.0.get(..length).unwrap_or_default();
        // `smoltcp` ignores an empty packet.
        let packet = if self.inlet.admits(packet) {
            packet
        } else {
            &[]
        };
        let room = Room {
            network: self.network,
            packet: &mut self.buffers.sent.0,
        };
        Some((Received(packet), room))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        self.network.can_send().then_some(Room {
            network: self.network,
            packet: &mut self.buffers.sent.0,
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = PACKET;
        // `Inlet` verifies those of received packets.
        capabilities.checksum.ipv4 = Checksum::Tx;
        capabilities.checksum.tcp = Checksum::Tx;
        capabilities
    }
}

impl phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

impl<N: Network> phy::TxToken for Room<'_, N> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let (packet, _) = self.packet.split_at_mut(length.min(PACKET));
        let result = write(packet);
        self.network.send(packet);
        result
    }
}
