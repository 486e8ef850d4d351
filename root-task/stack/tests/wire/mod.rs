// SPDX-License-Identifier: BSD-2-Clause

//! A server and its clients at both ends of a wire.

mod client;
mod network;
pub(crate) mod packets;

use std::time::Duration;

use client::Client;
use kaal_stack::{CONNECTIONS, SocketStorage, Stack};
use kaal_web::{
    Connection, Counters, Kernel, NetworkCounters, NoFiles, REPORT_VERSION, Server, Share, System,
};
use network::{Wire, address};
use packets::SERVER;
use smoltcp::iface::SocketHandle;
use smoltcp::wire::{ArpPacket, ArpRepr, EthernetFrame, Ipv4Address};

/// A server, a wire and clients.
pub(crate) struct World {
    wire: Wire,
    stack: Stack<'static>,
    server: Server<'static, NoFiles>,
    client: Client,
    now: Duration,
}

impl World {
    pub(crate) fn new() -> Self {
        let storage = Box::leak(Box::new([SocketStorage::EMPTY; CONNECTIONS]));
        let memory = Box::leak(vec![0; CONNECTIONS * 20_000].into_boxed_slice());
        let connections = Box::leak(Box::new(std::array::from_fn::<_, CONNECTIONS, _>(|_| {
            Connection::default()
        })));
        let states = Box::leak(vec![0; 16_384].into_boxed_slice());
        let mut server = Server::new(connections, states);
        server.publish(&system()).unwrap();
        Self {
            wire: Wire::new(),
            stack: Stack::new(&address(), 1, storage, memory),
            server,
            client: Client::new(),
            now: Duration::ZERO,
        }
    }

    /// Lets as many milliseconds pass, with a turn of each end in each.
    pub(crate) fn run(&mut self, milliseconds: u32) {
        for _ in 0..milliseconds {
            self.now += Duration::from_millis(1);
            self.client.turn(self.now, &mut self.wire);
            for turn in 0.. {
                let next =
                    self.stack
                        .turn(self.now, &mut self.wire, &mut self.server, &mut NoFiles);
                if next.is_none_or(|next| next > self.now) {
                    break;
                }
                assert!(turn < 1000, "the stack never rests");
            }
        }
    }

    /// Gives the server another network card.
    pub(crate) fn set_mac(&mut self, mac: [u8; 6]) {
        self.stack.set_mac(mac);
    }

    /// The MAC address that the server announces in its last packet as that of its IP address, if it does.
    pub(crate) fn announced(&self) -> Option<[u8; 6]> {
        let frame = EthernetFrame::new_checked(self.wire.to_client.back()?).ok()?;
        assert!(frame.dst_addr().is_broadcast());
        let arp = ArpPacket::new_checked(frame.payload()).ok()?;
        let ArpRepr::EthernetIpv4 {
            source_hardware_addr,
            source_protocol_addr,
            target_protocol_addr,
            ..
        } = ArpRepr::parse(&arp).ok()?
        else {
            return None;
        };
        let ip = Ipv4Address::from(SERVER.1);
        assert_eq!([source_protocol_addr, target_protocol_addr], [ip; 2]);
        Some(source_hardware_addr.0)
    }

    /// Connects a client.
    pub(crate) fn connect(&mut self) -> SocketHandle {
        let client = self.client.connect();
        for _ in 0..5000 {
            if self.client.is_connected(client) {
                return client;
            }
            self.run(1);
        }
        panic!("not connected");
    }

    pub(crate) fn is_connected(&mut self, client: SocketHandle) -> bool {
        self.client.is_connected(client)
    }

    pub(crate) fn is_over(&mut self, client: SocketHandle) -> bool {
        self.client.is_over(client)
    }

    pub(crate) fn say(&mut self, client: SocketHandle, bytes: &[u8]) {
        self.client.say(client, bytes);
    }

    /// Returns what a client has heard since the last call.
    pub(crate) fn heard(&mut self, client: SocketHandle) -> Vec<u8> {
        self.client.heard(client)
    }

    /// Says something, and returns the answer.
    pub(crate) fn ask(&mut self, client: SocketHandle, bytes: &[u8]) -> Vec<u8> {
        self.say(client, bytes);
        let mut heard = Vec::new();
        for _ in 0..100 {
            self.run(2);
            heard.extend(self.heard(client));
        }
        heard
    }

    pub(crate) fn reset(&mut self, client: SocketHandle) {
        self.client.reset(client);
    }

    pub(crate) fn close(&mut self, client: SocketHandle) {
        self.client.close(client);
    }

    pub(crate) fn set_room(&mut self, room: usize) {
        self.wire.room = room;
    }

    /// Sends a packet to the server.
    pub(crate) fn inject(&mut self, packet: Vec<u8>) {
        self.wire.to_server.push_back(packet);
    }

    /// Sends a packet to the server alone. Returns the number of answers, and how many packets the server has counted
    /// as malformed and as foreign.
    pub(crate) fn probe(&mut self, packet: Vec<u8>) -> (usize, [u64; 2]) {
        self.inject(packet);
        let next = self
            .stack
            .turn(self.now, &mut self.wire, &mut self.server, &mut NoFiles);
        let counters = self.stack.counters();
        let dropped = counters.malformed + counters.foreign;
        // So that the caller shows what was dropped.
        assert!(dropped == 0 || next == Some(self.now));
        let answers = self.wire.to_client.drain(..).count();
        (answers, [counters.malformed, counters.foreign])
    }
}

fn system() -> System<'static> {
    let share = Share { used: 1, total: 2 };
    System {
        report_version: REPORT_VERSION,
        kernel: Kernel {
            version: "",
            configuration: &[],
            cores: 1,
        },
        measurement: None,
        memory: share,
        slots: share,
        components: &[],
        log: &[],
        web: Counters::default(),
        network: NetworkCounters::default(),
        uptime: 0,
    }
}
