// SPDX-License-Identifier: BSD-2-Clause

//! A wire to the stack. The fuzz target `frames` has one too.

use std::collections::VecDeque;

use kaal_stack::{Address, Network, PACKET};

use super::packets::{CLIENT, SERVER};

/// The server's address.
pub(crate) fn address() -> Address {
    let (mac, ip) = SERVER;
    Address {
        mac,
        ip,
        prefix: 24,
        gateway: CLIENT.1,
    }
}

/// Packets on their way in both directions.
pub(crate) struct Wire {
    pub(crate) to_server: VecDeque<Vec<u8>>,
    pub(crate) to_client: VecDeque<Vec<u8>>,
    /// How many packets fit on the way to the client.
    pub(crate) room: usize,
}

impl Wire {
    /// A wire that has room for all packets.
    pub(crate) fn new() -> Self {
        Self {
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            room: usize::MAX,
        }
    }
}

impl Network for Wire {
    fn receive(&mut self, packet: &mut [u8]) -> Option<usize> {
        let bytes = self.to_server.pop_front()?;
        let length = bytes.len().min(packet.len());
        packet[..length].copy_from_slice(&bytes[..length]);
        Some(length)
    }

    fn can_send(&mut self) -> bool {
        self.to_client.len() < self.room
    }

    fn send(&mut self, packet: &[u8]) {
        assert!(self.can_send(), "a packet without room");
        assert!(packet.len() <= PACKET);
        self.to_client.push_back(packet.to_vec());
    }
}
