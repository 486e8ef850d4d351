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

/// Asks who has the address `ip`.
pub(crate) fn who_has(ip: [u8; 4]) -> Vec<u8> {
    let (mac, from) = CLIENT;
    let head = [&[0xff; 6][..], &mac, &[8, 6]].concat();
    let question = [&[0, 1, 8, 0, 6, 4, 0, 1][..], &mac, &from, &[0; 6], &ip];
    [head, question.concat()].concat()
}

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

/// Offsets in a packet: of its type, its IP header, and its TCP header.
const KIND: usize = 12;
const IP: usize = 14;
const TCP: usize = 34;

/// Returns a SYN packet with a change of its bytes.
fn damaged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut packet = syn(1);
    change(&mut packet);
    packet
}

/// Returns a SYN packet with a change of its IP header, whose checksum is right.
fn with_ip(change: impl FnOnce(&mut Ipv4Packet<&mut [u8]>)) -> Vec<u8> {
    damaged(|packet| {
        let mut ip = Ipv4Packet::new_unchecked(&mut packet[IP..]);
        change(&mut ip);
        ip.fill_checksum();
    })
}

/// Packets that break a rule, one each.
pub(crate) fn malformed() -> Vec<Vec<u8>> {
    vec![
        vec![0xff; 13],
        damaged(|packet| packet.truncate(IP + 19)),
        damaged(|packet| packet.truncate(TCP + 19)),
        damaged(|packet| packet[TCP + 16] ^= 1),
        damaged(|packet| packet[IP + 10] ^= 1),
        with_ip(|ip| ip.set_total_len(u16::MAX)),
        with_ip(|ip| ip.set_total_len(39)),
        with_ip(|ip| ip.set_version(6)),
        with_ip(|ip| ip.set_header_len(16)),
        with_ip(|ip| ip.set_more_frags(true)),
        with_ip(|ip| ip.set_frag_offset(8)),
        with_ip(|ip| ip.set_src_addr(Ipv4Address::BROADCAST)),
        with_ip(|ip| ip.set_src_addr(Ipv4Address::UNSPECIFIED)),
        who_has(SERVER.1)[..40].to_vec(),
    ]
}

/// Well-formed packets that are not for the server, or not for TCP.
pub(crate) fn foreign() -> Vec<Vec<u8>> {
    vec![
        damaged(|packet| packet[..6].copy_from_slice(&CLIENT.0)),
        damaged(|packet| packet[KIND..IP].copy_from_slice(&[0x86, 0xdd])),
        damaged(|packet| packet[KIND..IP].copy_from_slice(&[0x81, 0])),
        with_ip(|ip| ip.set_dst_addr(Ipv4Address::BROADCAST)),
        with_ip(|ip| ip.set_next_header(IpProtocol::Udp)),
        with_ip(|ip| ip.set_next_header(IpProtocol::Icmp)),
        who_has(CLIENT.1),
    ]
}
