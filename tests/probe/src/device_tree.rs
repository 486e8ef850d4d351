// SPDX-License-Identifier: BSD-2-Clause

//! Rows about the device tree's content.

use core::fmt;

use crc::{CRC_32_ISCSI, Crc};
use kaal_devicetree::{DeviceTree, Header, Node};

use crate::console::println;
use crate::report::Report;
use crate::supplied::{self, Subject};

/// The magic number of a device tree, as its first four bytes.
const MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// Alignment in bytes that a device tree's size may have.
const ALIGNMENT: u64 = 8;

/// This version of KaaL, as a device tree holds it.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Size in bytes of a SHA-256.
const MEASUREMENT_SIZE: u64 = 32;

/// Checks the device tree that `bytes` are and returns it.
pub(crate) fn check(bytes: &'static [u8], report: &mut Report) -> Option<DeviceTree<'static>> {
    report.holds("device tree's magic number", bytes.starts_with(&MAGIC));
    let header = Header::parse(bytes).ok();
    report.holds("device tree's header is well-formed", header.is_some());
    let (header, size) = (header?, bytes.len() as u64);
    report.equal(
        "device tree's size is the one passed",
        header.total_size as u64,
        size,
    );
    let used = header.used_size() as u64;
    report.equal(
        "device tree is not padded",
        used.next_multiple_of(ALIGNMENT),
        size.next_multiple_of(ALIGNMENT),
    );
    let tree = DeviceTree::parse(bytes).ok();
    report.holds("device tree is well-formed", tree.is_some());
    let tree = tree?;
    supplied::device_tree().check(
        Subject {
            name: "device tree's CRC-32C but for /chosen",
            without_checksum: "device tree's CRC-32C but for /chosen, none supplied",
        },
        crc32c(&tree),
        report,
    );
    let chosen = chosen(&tree);
    report.holds(
        "/chosen names this version of KaaL",
        chosen.property(b"kaal,version") == Some(VERSION.as_bytes()),
    );
    let measurement = chosen.property(b"kaal,measurement").unwrap_or_default();
    report.equal(
        "/chosen has a measurement of so many bytes",
        MEASUREMENT_SIZE,
        measurement.len() as u64,
    );
    Some(tree)
}

/// Prints what `/chosen` says that the probe can't judge.
pub(crate) fn print_chosen(tree: &DeviceTree<'_>) {
    let chosen = chosen(tree);
    if let Some(measurement) = chosen.property(b"kaal,measurement") {
        println!("probe: kaal,measurement is {}", Hexadecimal(measurement));
    }
    if let Some(arguments) = chosen.property(b"bootargs") {
        println!("probe: bootargs is \"{}\"", arguments.escape_ascii());
    }
}

fn chosen<'a>(tree: &DeviceTree<'a>) -> Node<'a> {
    let chosen = tree.find(b"/chosen").map(|place| place.node());
    chosen.unwrap_or_default()
}

/// The checksum over what the nodes but `/chosen` say: for each, how deep it lies and its name, then
/// its properties' names and values; a nul follows each name.
fn crc32c(tree: &DeviceTree<'_>) -> u32 {
    let crc = Crc::<u32>::new(&CRC_32_ISCSI);
    let mut digest = crc.digest();
    for place in tree.walk().filter(|place| !place.is_at(b"/chosen")) {
        let node = place.node();
        digest.update(&[place.depth() as u8]);
        digest.update(node.name());
        digest.update(&[0]);
        for property in node.properties() {
            digest.update(property.name);
            digest.update(&[0]);
            digest.update(property.value);
        }
    }
    digest.finalize()
}

/// Bytes, shown as `0099ff`.
struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
