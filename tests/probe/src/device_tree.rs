// SPDX-License-Identifier: BSD-2-Clause

//! Rows about the content of the device tree.

use core::fmt;

use crc::{CRC_32_ISCSI, Crc};
use kaal_devicetree::{DeviceTree, Facts, Header};

use crate::console::println;
use crate::report::Report;
use crate::supplied::{self, Subject};

/// The first four bytes of a device tree.
const MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// Alignment in bytes of a device tree's size.
const ALIGNMENT: u64 = 8;

/// KaaL's version, as the value of a property.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Size in bytes of a SHA-256.
const MEASUREMENT_SIZE: u64 = 32;

/// Checks the device tree in `bytes`, and returns it with its facts.
pub(crate) fn check(
    bytes: &'static [u8],
    report: &mut Report,
) -> Option<(DeviceTree<'static>, Facts)> {
    report.holds("device tree's magic number", bytes.starts_with(&MAGIC));
    let header = Header::parse(bytes).ok();
    report.holds("device tree's header is well-formed", header.is_some());
    let (header, size) = (header?, bytes.len() as u64);
    report.equal(
        "device tree's size is the one passed",
        header.total_size() as u64,
        size,
    );
    let used = header.used_size() as u64;
    report.equal(
        "device tree is not padded",
        used.next_multiple_of(ALIGNMENT),
        size.next_multiple_of(ALIGNMENT),
    );
    let parsed = Facts::parse(bytes).ok();
    report.holds("device tree is well-formed", parsed.is_some());
    let (tree, facts) = parsed?;
    supplied::device_tree().check(
        Subject {
            name: "device tree's CRC-32C but for /chosen",
            without_checksum: "device tree's CRC-32C but for /chosen, none supplied",
        },
        crc32c(&tree),
        report,
    );
    report.holds(
        "/chosen names this version of KaaL",
        chosen(&tree, b"kaal,version") == Some(VERSION.as_bytes()),
    );
    let measurement = chosen(&tree, b"kaal,measurement").unwrap_or_default();
    report.equal(
        "/chosen has a measurement of so many bytes",
        MEASUREMENT_SIZE,
        measurement.len() as u64,
    );
    Some((tree, facts))
}

/// Prints the values in `/chosen` that the probe can't check.
pub(crate) fn print_chosen(tree: &DeviceTree<'_>) {
    if let Some(measurement) = chosen(tree, b"kaal,measurement") {
        println!("probe: kaal,measurement is {}", Hexadecimal(measurement));
    }
    if let Some(arguments) = chosen(tree, b"bootargs") {
        println!("probe: bootargs is \"{}\"", arguments.escape_ascii());
    }
}

/// The value of a property of `/chosen`.
fn chosen<'a>(tree: &'a DeviceTree<'a>, name: &[u8]) -> Option<&'a [u8]> {
    tree.find(b"/chosen")?.node().property(name)
}

/// A checksum of all nodes but `/chosen`: for each its depth and name, then the names and values of its
/// properties, with a nul after each name.
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

/// Bytes, printed as `0099ff`.
struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
