// SPDX-License-Identifier: BSD-2-Clause

//! Packets, connections and server, in turns.

use core::time::Duration;

use heapless::Vec;
use kaal_web::{Files, NetworkCounters, Server};
use smoltcp::iface::{
    Config, Interface, PollIngressSingleResult, PollResult, SocketSet, SocketStorage,
};
use smoltcp::socket::Socket;
use smoltcp::socket::tcp::{self, SocketBuffer};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpCidr, Ipv4Address};

use crate::announcement::{Announcement, announcement};
use crate::device::{Buffers, Device, Network};
use crate::inlet::Inlet;
use crate::port::{Place, Port};

/// The number of connections.
pub const CONNECTIONS: usize = 12;

/// The size of a socket's buffer for received bytes. Requests are short.
const RECEIVED: usize = 4096;

/// The most packets that are received before the server gets its turn.
const BATCH: usize = 64;

/// How long a client may acknowledge nothing.
const TIMEOUT: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(20);

/// The addresses of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// The MAC address.
    pub mac: [u8; 6],
    /// The IP address.
    pub ip: [u8; 4],
    /// The number of bits of the network in the IP address.
    pub prefix: u8,
    /// The IP address of the gateway.
    pub gateway: [u8; 4],
}

/// A TCP/IP stack with its connections.
pub struct Stack<'a> {
    interface: Interface,
    sockets: SocketSet<'a>,
    places: [Place; CONNECTIONS],
    buffers: Buffers,
    inlet: Inlet,
    /// To send as soon as there is room.
    announcement: Option<Announcement>,
    /// The number of the next handshake.
    next: u64,
}

impl<'a> Stack<'a> {
    /// Creates a stack whose sockets share `memory` equally. Attackers must not know `seed`, from which
    /// sequence numbers come.
    pub fn new(
        address: &Address,
        seed: u64,
        storage: &'a mut [SocketStorage<'a>; CONNECTIONS],
        memory: &'a mut [u8],
    ) -> Self {
        let mut config = Config::new(EthernetAddress(address.mac).into());
        config.random_seed = seed;
        let mut buffers = Buffers::EMPTY;
        let mut inlet = Inlet {
            mac: EthernetAddress(address.mac),
            ip: Ipv4Address::from(address.ip),
            dropped: NetworkCounters::default(),
        };
        let mut device = Device {
            network: &mut Unplugged,
            buffers: &mut buffers,
            inlet: &mut inlet,
        };
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // There is room for one.
            let ip = IpCidr::new(inlet.ip.into(), address.prefix);
            let _ = addresses.push(ip);
        });
        let gateway = Ipv4Address::from(address.gateway);
        // There is room for one.
        let _ = interface.routes_mut().add_default_ipv4_route(gateway);
        let mut sockets = SocketSet::new(&mut storage[..]);
        let size = memory.len() / CONNECTIONS;
        let parts = memory.chunks_exact_mut(size.max(1)).take(CONNECTIONS);
        for part in parts {
            let (received, sent) = part.split_at_mut(RECEIVED.min(size / 2));
            let mut socket = tcp::Socket::new(SocketBuffer::new(received), SocketBuffer::new(sent));
            // The end of an answer doesn't wait for the client.
            socket.set_nagle_enabled(false);
            socket.set_ack_delay(None);
            socket.set_timeout(Some(TIMEOUT));
            sockets.add(socket);
        }
        Self {
            interface,
            sockets,
            places: Default::default(),
            buffers,
            inlet,
            announcement: None,
            next: 0,
        }
    }

    /// Changes the MAC address, for another network card. The next turn announces it: a neighbour may have asked for it
    /// before the card could receive, and waits seconds before it asks again.
    pub fn set_mac(&mut self, mac: [u8; 6]) {
        self.inlet.mac = EthernetAddress(mac);
        self.interface.set_hardware_addr(self.inlet.mac.into());
        let ip = self.interface.ipv4_addr();
        self.announcement = ip.map(|ip| announcement(self.inlet.mac, ip));
    }

    /// Returns how many received packets were dropped.
    pub fn counters(&self) -> NetworkCounters {
        self.inlet.dropped
    }

    /// Takes packets, gives the server a turn, and sends packets. Returns the time of the next turn, at
    /// the latest. It must come at once when packets have arrived or, if there was no room to send,
    /// when there is.
    pub fn turn<F: Files>(
        &mut self,
        now: Duration,
        network: &mut impl Network,
        server: &mut Server<'_, F>,
        files: &mut F,
    ) -> Option<Duration> {
        let time = Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
        self.interface.poll_maintenance(time);
        if network.can_send()
            && let Some(announcement) = self.announcement.take()
        {
            network.send(&announcement);
        }
        let dropped = self.inlet.dropped;
        let is_batch_full = self.receive(time, network);
        // Before the server forgets clients that have closed.
        self.send(time, network);
        let (wish, has_moved) = self.serve(now, server, files);
        self.send(time, network);
        // The caller can show at once what was dropped.
        if is_batch_full || has_moved || self.inlet.dropped != dropped {
            return Some(now);
        }
        let due = self.interface.poll_at(time, &self.sockets);
        let due = due.map(|due| Duration::from_micros(due.total_micros().unsigned_abs()));
        // Without room, the network says when it has some.
        let due = due.filter(|_| network.can_send());
        [wish, due]
            .into_iter()
            .flatten()
            .min()
            .map(|due| due.max(now))
    }

    /// Returns whether there may be more packets.
    fn receive(&mut self, time: Instant, network: &mut impl Network) -> bool {
        self.make_room();
        for _ in 0..BATCH {
            let mut device = Device {
                network,
                buffers: &mut self.buffers,
                inlet: &mut self.inlet,
            };
            let sockets = &mut self.sockets;
            let outcome = self
                .interface
                .poll_ingress_single(time, &mut device, sockets);
            match outcome {
                PollIngressSingleResult::None => return false,
                PollIngressSingleResult::PacketProcessed => {}
                PollIngressSingleResult::SocketStateChanged => self.make_room(),
            }
        }
        true
    }

    /// Gives the server turns until nothing moves. Returns when it wants the next one, and whether
    /// something moves still.
    fn serve<F: Files>(
        &mut self,
        now: Duration,
        server: &mut Server<'_, F>,
        files: &mut F,
    ) -> (Option<Duration>, bool) {
        let mut ports = self.ports();
        let wish = server.poll(now, &mut ports, files);
        // All of them, so that none stays moved.
        let moved = ports.iter().filter(|port| port.has_moved()).count();
        (wish, moved > 0)
    }

    fn send(&mut self, time: Instant, network: &mut impl Network) {
        let mut device = Device {
            network,
            buffers: &mut self.buffers,
            inlet: &mut self.inlet,
        };
        let sockets = &mut self.sockets;
        while self.interface.poll_egress(time, &mut device, sockets) != PollResult::None {}
        self.make_room();
    }

    /// Lets free sockets wait for clients. If none is free, the oldest unfinished handshake makes room.
    /// If there is only one, the server counts it as a client, and frees a connection that waits longer.
    fn make_room(&mut self) {
        let next = self.next;
        self.next += 1;
        let mut ports = self.ports();
        let waiting = ports.iter_mut().map(Port::listen);
        // All of them, so that each free socket waits.
        let has_room = waiting.fold(false, |has_room, waits| has_room | waits);
        let mut half_open: Vec<_, CONNECTIONS> = ports
            .iter_mut()
            .filter_map(|port| Some((port.half_open(next)?, port)))
            .collect();
        match half_open.as_mut_slice() {
            _ if has_room => {}
            [] => {}
            [(_, port)] => port.count(),
            several => {
                let oldest = several.iter_mut().min_by_key(|(number, _)| *number);
                oldest.into_iter().for_each(|(_, port)| port.forget());
            }
        }
    }

    fn ports(&mut self) -> Vec<Port<'_, 'a>, CONNECTIONS> {
        let sockets = self.sockets.iter_mut();
        let ports = sockets.zip(&self.places).map(|((_, socket), place)| {
            let Socket::Tcp(socket) = socket;
            Port { socket, place }
        });
        ports.collect()
    }
}

/// Tells the interface its capabilities before there is a network.
struct Unplugged;

impl Network for Unplugged {
    fn receive(&mut self, _: &mut [u8]) -> Option<usize> {
        None
    }

    fn can_send(&mut self) -> bool {
        false
    }

    fn send(&mut self, _: &[u8]) {}
}
