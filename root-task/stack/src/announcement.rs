// SPDX-License-Identifier: BSD-2-Clause

//! Announces an address to the neighbours (RFC 5227, section 3).

use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, Ipv4Address,
};

/// A packet: the headers of Ethernet and ARP.
pub(crate) type Announcement = [u8; 42];

/// The packet that says who has `ip`: a question whose sender and target are the same.
pub(crate) fn announcement(mac: EthernetAddress, ip: Ipv4Address) -> Announcement {
    let mut packet = [0; _];
    let mut frame = EthernetFrame::new_unchecked(&mut packet[..]);
    let ethernet = EthernetRepr {
        src_addr: mac,
        dst_addr: EthernetAddress::BROADCAST,
        ethertype: EthernetProtocol::Arp,
    };
    ethernet.emit(&mut frame);
    let arp = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: mac,
        source_protocol_addr: ip,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: ip,
    };
    arp.emit(&mut ArpPacket::new_unchecked(frame.payload_mut()));
    packet
}
