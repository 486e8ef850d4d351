// SPDX-License-Identifier: BSD-2-Clause

//! Clients on one machine.

use std::time::Duration;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, Ipv4Address};

use super::network::Wire;
use super::packets::{CLIENT, SERVER};

/// The clients' TCP/IP stack.
pub(crate) struct Client {
    interface: Interface,
    sockets: SocketSet<'static>,
    port: u16,
}

impl Client {
    pub(crate) fn new() -> Self {
        let (mac, ip) = CLIENT;
        let config = Config::new(EthernetAddress(mac).into());
        let mut interface = Interface::new(config, &mut Wire::new(), Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            let ip = IpAddress::Ipv4(Ipv4Address::from(ip));
            addresses.push(IpCidr::new(ip, 24)).unwrap();
        });
        let storage = (0..200).map(|_| SocketStorage::EMPTY).collect::<Vec<_>>();
        Self {
            interface,
            sockets: SocketSet::new(storage.leak()),
            port: 1024,
        }
    }

    pub(crate) fn turn(&mut self, now: Duration, wire: &mut Wire) {
        let now = Instant::from_micros(now.as_micros() as i64);
        self.interface.poll(now, wire, &mut self.sockets);
    }

    /// Starts to connect.
    pub(crate) fn connect(&mut self) -> SocketHandle {
        let buffer = || SocketBuffer::new(vec![0; 200_000].leak());
        let mut socket = Socket::new(buffer(), buffer());
        self.port += 1;
        let server = (IpAddress::Ipv4(Ipv4Address::from(SERVER.1)), 80);
        socket
            .connect(self.interface.context(), server, self.port)
            .unwrap();
        self.sockets.add(socket)
    }

    fn socket(&mut self, client: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(client)
    }

    pub(crate) fn is_connected(&mut self, client: SocketHandle) -> bool {
        self.socket(client).state() == State::Established
    }

    /// Whether both ends have closed, and know that of each other.
    pub(crate) fn is_over(&mut self, client: SocketHandle) -> bool {
        matches!(self.socket(client).state(), State::Closed | State::TimeWait)
    }

    pub(crate) fn say(&mut self, client: SocketHandle, bytes: &[u8]) {
        let sent = self.socket(client).send_slice(bytes).unwrap();
        assert_eq!(sent, bytes.len());
    }

    pub(crate) fn heard(&mut self, client: SocketHandle) -> Vec<u8> {
        let mut heard = vec![0; 200_000];
        let length = self.socket(client).recv_slice(&mut heard);
        heard.truncate(length.unwrap_or_default());
        heard
    }

    pub(crate) fn reset(&mut self, client: SocketHandle) {
        self.socket(client).abort();
    }

    pub(crate) fn close(&mut self, client: SocketHandle) {
        self.socket(client).close();
    }
}

impl Device for Wire {
    type RxToken<'a> = Packet;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Packet, Room<'_>)> {
        let packet = self.to_client.pop_front()?;
        Some((Packet(packet), Room(self)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room<'_>> {
        Some(Room(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

pub(crate) struct Packet(Vec<u8>);

impl RxToken for Packet {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

pub(crate) struct Room<'a>(&'a mut Wire);

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut packet = vec![0; length];
        let result = write(&mut packet);
        self.0.to_server.push_back(packet);
        result
    }
}
