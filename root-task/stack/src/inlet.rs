// SPDX-License-Identifier: BSD-2-Clause

//! Which received packets the stack reads. The others are counted and dropped.
//!
//! `smoltcp` drops packets without a word. So its parsers read each packet here first. They verify the
//! checksums too, and `smoltcp` doesn't do it again.

use kaal_web::NetworkCounters;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    self, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol,
    Ipv4Address, Ipv4Packet, Ipv4Repr, TcpPacket, TcpRepr,
};

/// The addresses of this machine, and the packets dropped.
#[derive(Debug)]
pub(crate) struct Inlet {
    pub(crate) mac: EthernetAddress,
    pub(crate) ip: Ipv4Address,
    pub(crate) dropped: NetworkCounters,
}

/// Why a packet is dropped.
enum Fault {
    /// It breaks a rule of its protocol.
    Malformed,
    /// It is for another machine, or of a protocol that nothing here speaks.
    Foreign,
}

impl From<wire::Error> for Fault {
    fn from(_: wire::Error) -> Self {
        Self::Malformed
    }
}

impl Inlet {
    /// Whether the stack reads this packet. Counts it if not.
    pub(crate) fn admits(&mut self, packet: &[u8]) -> bool {
        match self.read(packet) {
            Ok(()) => return true,
            Err(Fault::Malformed) => self.dropped.malformed += 1,
            Err(Fault::Foreign) => self.dropped.foreign += 1,
        }
        false
    }

    fn read(&self, packet: &[u8]) -> Result<(), Fault> {
        let frame = EthernetFrame::new_checked(packet)?;
        // Broadcasts are multicasts too.
        expect(frame.dst_addr() == self.mac || frame.dst_addr().is_multicast())?;
        match frame.ethertype() {
            EthernetProtocol::Arp => self.read_arp(frame.payload()),
            EthernetProtocol::Ipv4 => self.read_ip(frame.payload()),
            _ => Err(Fault::Foreign),
        }
    }

    fn read_arp(&self, packet: &[u8]) -> Result<(), Fault> {
        let ArpRepr::EthernetIpv4 {
            source_hardware_addr,
            source_protocol_addr,
            target_protocol_addr,
            ..
        } = ArpRepr::parse(&ArpPacket::new_checked(packet)?)?
        else {
            return Err(Fault::Foreign);
        };
        expect(target_protocol_addr == self.ip)?;
        match source_hardware_addr.is_unicast() && is_host(source_protocol_addr) {
            true => Ok(()),
            false => Err(Fault::Malformed),
        }
    }

    fn read_ip(&self, packet: &[u8]) -> Result<(), Fault> {
        let checksums = ChecksumCapabilities::default();
        let packet = Ipv4Packet::new_checked(packet)?;
        let ip = Ipv4Repr::parse(&packet, &checksums)?;
        expect(ip.dst_addr == self.ip)?;
        if !is_host(ip.src_addr) {
            return Err(Fault::Malformed);
        }
        expect(ip.next_header == IpProtocol::Tcp)?;
        let segment = TcpPacket::new_checked(packet.payload())?;
        let (from, to) = (ip.src_addr.into(), ip.dst_addr.into());
        TcpRepr::parse(&segment, &from, &to, &checksums)?;
        Ok(())
    }
}

/// Fails unless the packet is for this machine.
fn expect(is_ours: bool) -> Result<(), Fault> {
    is_ours.then_some(()).ok_or(Fault::Foreign)
}

/// Whether this can be the address of one machine.
fn is_host(address: Ipv4Address) -> bool {
    !(address.is_broadcast() || address.is_multicast() || address.is_unspecified())
}
