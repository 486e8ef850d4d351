// SPDX-License-Identifier: BSD-2-Clause

//! Packets without a TCP/IP stack. The fuzz target `frames` begins with them.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpProtocol,
    Ipv4Address, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

/// The MAC and IP addresses of server and clients.
pub(crate) const SERVER: ([u8; 6], [u8; 4]) = ([2, 0, 0, 0, 0, 1], [10, 0, 2, 15]);
/// See [`SERVER`].
pub(crate) const CLIENT: ([u8; 6], [u8; 4]) = ([2, 0, 0, 0, 0, 2], [10, 0, 2, 2]);

/// Returns the first packet of a handshake, from an address and port that `number` chooses.
pub(crate) fn syn(number: u32) -> Vec<u8> {
    let (from, to) = (
        Ipv4Address::from(number | 0x6000_0000),
        Ipv4Address::from(SERVER.1),
    );
    let tcp = TcpRepr {
        src_port: (number as u16) | 1,
        dst_port: 80,
        control: TcpControl::Syn,
        seq_number: TcpSeqNumber(number as i32),
        ack_number: None,
        window_len: 1000,
        window_scale: None,
        max_seg_size: Some(1460),
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    };
    let ip = Ipv4Repr {
        src_addr: from,
        dst_addr: to,
        next_header: IpProtocol::Tcp,
        payload_len: tcp.buffer_len(),
        hop_limit: 64,
    };
    let ethernet = EthernetRepr {
        src_addr: EthernetAddress(CLIENT.0),
        dst_addr: EthernetAddress(SERVER.0),
        ethertype: EthernetProtocol::Ipv4,
    };
    let (head, start) = (
        ethernet.buffer_len(),
        ethernet.buffer_len() + ip.buffer_len(),
    );
    let mut packet = vec![0; start + tcp.buffer_len()];
    ethernet.emit(&mut EthernetFrame::new_unchecked(&mut packet));
    let checksums = ChecksumCapabilities::default();
    ip.emit(
        &mut Ipv4Packet::new_unchecked(&mut packet[head..]),
        &checksums,
    );
    let (from, to) = (IpAddress::Ipv4(from), IpAddress::Ipv4(to));
    let mut segment = TcpPacket::new_unchecked(&mut packet[start..]);
    tcp.emit(&mut segment, &from, &to, &checksums);
    packet
}
