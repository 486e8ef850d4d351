// SPDX-License-Identifier: BSD-2-Clause

//! Tests that package headers are read as they were written, and that all others are refused.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use crc::{CRC_32_ISCSI, Crc};
use kaal_payload::{
    AccessSize, Chunk, Console, ConsoleKind, Encoding, Integrity, LogLevel, Machine, Package,
    PackageError, PhysAddr, PhysRange, PsciConduit, ROOM_SIZE, Scratch, Stored,
    package_header_size,
};
use proptest::prelude::*;
use zerocopy::IntoBytes;

/// Sizes that the documentation of the format states.
const HEADER_SIZE: usize = 104;
const CHUNK_SIZE: usize = 48;

/// Size of a header with two chunks.
const TOTAL: usize = HEADER_SIZE + 2 * CHUNK_SIZE;

fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}

fn range(start: u64, size: u64) -> PhysRange {
    PhysRange::from_size(PhysAddr(start), size).unwrap()
}

fn chunks() -> [Chunk; 2] {
    let stored = |offset, size, encoding| Stored {
        offset,
        size,
        encoding,
        checksum: 0x1234_5678,
    };
    [
        Chunk::new(
            range(0x4000_0000, 0x23_d000),
            0x3_0190,
            stored(0x6000, 0x1_5000, Encoding::Lz4),
        ),
        Chunk::new(
            range(0x4040_0000, 0x1000),
            0xf58,
            stored(0x1_b000, 0xf58, Encoding::Identity),
        ),
    ]
}

fn package(chunks: &[Chunk]) -> Package<'_> {
    let size = 0x1_c000;
    Package {
        size,
        scratch: Scratch::new(PhysAddr(0x4041_4000), 0x2_b000, size),
        entry: PhysAddr(0x4000_0ffc),
        machine: Machine {
            console: Some(Console {
                kind: ConsoleKind::Pl011,
                base: PhysAddr(0x900_0000),
                register_shift: 2,
                access_size: AccessSize::Word,
            }),
            psci: Some(PsciConduit::Hvc),
            gic: None,
        },
        log_level: LogLevel::Debug,
        integrity: Integrity::Crc32c,
        unpacker_checksum: 0x1234_5678,
        chunks,
    }
}

/// Bytes at an address that a header may have.
struct Encoded {
    words: Vec<u64>,
    length: usize,
}

impl Encoded {
    fn new(package: &Package<'_>) -> Self {
        let mut words = vec![0u64; 512];
        let length = package.encode(words.as_mut_bytes(), crc32c).unwrap();
        Self { words, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.words.as_bytes()[..self.length]
    }

    fn parse(&self) -> Result<Package<'_>, PackageError> {
        Package::parse(self.bytes(), crc32c)
    }

    /// Sets bytes and makes the checksum right again.
    fn with(package: &Package<'_>, offset: usize, bytes: &[u8]) -> Self {
        let mut encoded = Self::new(package);
        let all = &mut encoded.words.as_mut_bytes()[..encoded.length];
        all[offset..offset + bytes.len()].copy_from_slice(bytes);
        let checksum = crc32c(&all[16..]);
        all[12..16].copy_from_slice(&checksum.to_le_bytes());
        encoded
    }
}

#[test]
fn what_is_written_is_read() {
    let chunks = chunks();
    let package = package(&chunks);
    assert_eq!(Encoded::new(&package).parse(), Ok(package));
}

#[test]
fn the_layout_is_the_documented_one() {
    let chunks = chunks();
    let encoded = Encoded::new(&package(&chunks));
    assert_eq!(encoded.bytes().len(), TOTAL);
    assert_eq!(package_header_size(2), TOTAL);
    assert_eq!(&encoded.bytes()[..8], b"KaaLpack");
    assert_eq!(encoded.bytes()[8..12], 2u32.to_le_bytes());
    let locator: Vec<u64> = encoded.words[2..6].to_vec();
    let check = !(0x4041_4000 ^ 0x2_b000 ^ 0x1_c000);
    assert_eq!(locator, [0x4041_4000, 0x2_b000, 0x1_c000, check]);
}

#[test]
fn every_truncation_is_refused() {
    let chunks = chunks();
    let encoded = Encoded::new(&package(&chunks));
    for length in 0..encoded.bytes().len() {
        let error = Package::parse(&encoded.bytes()[..length], crc32c).unwrap_err();
        assert!(
            matches!(error, PackageError::Truncated { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn every_flipped_bit_is_refused() {
    let chunks = chunks();
    let mut encoded = Encoded::new(&package(&chunks));
    for bit in 0..8 * encoded.length {
        encoded.words.as_mut_bytes()[bit / 8] ^= 1 << (bit % 8);
        assert!(encoded.parse().is_err(), "bit {bit}");
        encoded.words.as_mut_bytes()[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(encoded.parse().is_ok());
}

#[test]
fn a_header_off_alignment_is_refused() {
    let chunks = chunks();
    let encoded = Encoded::new(&package(&chunks));
    let mut shifted = vec![0u64; 513];
    let bytes = &mut shifted.as_mut_bytes()[1..];
    bytes[..encoded.length].copy_from_slice(encoded.bytes());
    assert_eq!(Package::parse(bytes, crc32c), Err(PackageError::Magic));
}

#[test]
fn room_that_is_too_small_is_refused() {
    let chunks = chunks();
    let mut out = [0; TOTAL - 1];
    let error = package(&chunks).encode(&mut out, crc32c).unwrap_err();
    let (needed, found) = (TOTAL, out.len());
    assert_eq!(error, PackageError::Truncated { needed, found });
}

/// Each field, by its offset, with a value that has no meaning.
#[test]
fn values_without_meaning_are_refused() {
    let chunks = chunks();
    let package = package(&chunks);
    let fields: [(usize, &[u8], &str); 14] = [
        (16, &[0x10], "work area"),
        (24, &[1], "work area"),
        (32, &[0x10], "work area"),
        (40, &[0], "work area"),
        (56, &[0xfd], "entry"),
        (56, &0x4023_d000u64.to_le_bytes(), "entry"),
        (88, &[77], "console"),
        (89, &[3], "PSCI conduit"),
        (90, &[1], "interrupt controller"),
        (91, &[5], "console"),
        (93, &[1], "reserved"),
        (96, &[3], "log level"),
        (97, &[3], "integrity"),
        (98, &[1], "reserved"),
    ];
    for (offset, value, name) in fields {
        let encoded = Encoded::with(&package, offset, value);
        assert_eq!(
            encoded.parse(),
            Err(PackageError::Field { name }),
            "offset {offset}"
        );
    }
}

/// Work areas whose check is right, but which can't be.
#[test]
fn work_areas_that_cannot_be_are_refused() {
    let chunks = chunks();
    let package = package(&chunks);
    let refused = [
        (0x4041_4010, 0x2_b000, 0x1_c000),
        (0x4041_4000, 0x2_b010, 0x1_c000),
        (0x4041_4000, 0x2_b000, 0x1_c008),
        (0x4041_4000, 0x2_b000, u64::MAX - 0xf),
        (0x4041_4000, u64::MAX - 0xfff, 0x1_c000),
        (u64::MAX - 0xfff, 0x2_b000, 0x1_c000),
    ];
    for (start, slot, size) in refused {
        let words: [u64; 4] = [start, slot, size, !(start ^ slot ^ size)];
        let encoded = Encoded::with(&package, 16, words.as_bytes());
        let name = "work area";
        assert_eq!(
            encoded.parse(),
            Err(PackageError::Field { name }),
            "{words:x?}"
        );
    }
}

/// Each field of a chunk, by its offset, with a value that has no meaning.
#[test]
fn malformed_chunks_are_refused() {
    let chunks = chunks();
    let package = package(&chunks);
    let fields: [(usize, u64); 10] = [
        // Past the address space's end, below the one before, where the unpacker works.
        (0, u64::MAX),
        (0, 0x4000_0000),
        (0, 0x4041_3fff),
        // No memory, less than the content.
        (8, 0),
        (8, 0xf57),
        // Another size than is stored.
        (16, 0xf57),
        // Below the one before, past the package's end, past that of all numbers.
        (24, 0x1_afff),
        (24, 0x1_b0a9),
        (24, u64::MAX),
        (32, 0xf57),
    ];
    let index = 1;
    for (offset, value) in fields {
        let place = HEADER_SIZE + CHUNK_SIZE + offset;
        let encoded = Encoded::with(&package, place, &value.to_le_bytes());
        assert_eq!(
            encoded.parse(),
            Err(PackageError::Item { index }),
            "offset {offset}, {value:#x}"
        );
    }
    for (offset, value) in [(44, 2), (45, 1)] {
        let encoded = Encoded::with(&package, HEADER_SIZE + CHUNK_SIZE + offset, &[value]);
        assert_eq!(encoded.parse(), Err(PackageError::Item { index }));
    }
}

#[test]
fn lengths_that_disagree_are_refused() {
    let chunks = chunks();
    let package = package(&chunks);
    for (offset, value) in [(48, 0u32), (48, u32::MAX), (52, 1), (52, u32::MAX)] {
        let encoded = Encoded::with(&package, offset, &value.to_le_bytes());
        let error = encoded.parse().unwrap_err();
        assert!(matches!(error, PackageError::Length { .. }), "{error}");
    }
}

#[test]
fn a_damaged_header_still_names_the_machine() {
    let chunks = chunks();
    let package = package(&chunks);
    let mut encoded = Encoded::new(&package);
    encoded.words.as_mut_bytes()[20] ^= 1;
    let machine = Package::peek_machine(encoded.bytes());
    assert_eq!(machine, package.machine);

    encoded.words.as_mut_bytes()[0] ^= 1;
    assert_eq!(Package::peek_machine(encoded.bytes()), Machine::default());
    assert_eq!(Package::peek_machine(&[]), Machine::default());
}

#[test]
fn errors_say_what_was_expected_and_found() {
    let texts = [
        (
            PackageError::Version { found: 20 },
            "version 2 expected, 20 found",
        ),
        (PackageError::Magic, "it does not begin with KaaLpack"),
        (
            PackageError::Checksum {
                expected: 0,
                found: 0xfeed,
            },
            "checksum 0x0 expected, 0xfeed found",
        ),
        (
            PackageError::Length {
                length: 1,
                items: 2,
            },
            "its length, 1 bytes, does not fit 2 chunks",
        ),
        (PackageError::Item { index: 10 }, "chunk 10 is malformed"),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), format!("package header: {text}"));
    }
}

#[test]
fn the_work_area_is_as_documented() {
    let scratch = Scratch::new(PhysAddr(0x4041_4000), 0x2_b000, 0x1_c001);
    let area = 2 * 0x2_b000 + ROOM_SIZE;
    assert_eq!(scratch.spare(), range(0x4041_4000 + area, 0x1_d000));
    assert_eq!(
        scratch.memory(),
        Some(range(0x4041_4000, 2 * area + 0x1_d000))
    );
}

proptest! {
    /// The parser never panics, and accepts only bytes that it would write.
    #[test]
    fn any_bytes_are_parsed(mut words in prop::collection::vec(any::<u64>(), 0..64), fix in 0u8..4) {
        let bytes = words.as_mut_bytes();
        if bytes.len() > 56 && fix > 0 {
            bytes[..8].copy_from_slice(b"KaaLpack");
            bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
            let count = (bytes.len().saturating_sub(HEADER_SIZE) / CHUNK_SIZE) as u32;
            bytes[48..52].copy_from_slice(&(HEADER_SIZE as u32 + count * 48).to_le_bytes());
            bytes[52..56].copy_from_slice(&count.to_le_bytes());
        }
        let checksum = |checked: &[u8]| if fix > 1 { 0 } else { crc32c(checked) };
        if bytes.len() > 56 && fix > 1 {
            bytes[12..16].copy_from_slice(&[0; 4]);
        }
        let words = words;
        if let Ok(package) = Package::parse(words.as_bytes(), checksum) {
            let mut out = vec![0u64; words.len()];
            let length = package.encode(out.as_mut_bytes(), checksum).unwrap();
            prop_assert_eq!(&out.as_bytes()[..length], &words.as_bytes()[..length]);
        }
    }

    /// Wherever the package and the firmware's device tree are, the slot overlaps neither, and the
    /// room for the device tree doesn't overlap the package.
    #[test]
    fn there_is_always_a_place(
        start in 0..0x1_0000u64,
        slot_pages in 1..80u64,
        size in 1..0x200_0000u64,
        package in -0x500_0000..0x500_0000i64,
        x0 in prop_oneof![0x3c00_0000..0x5000_0000u64, any::<u64>()],
    ) {
        let start = 0x4000_0000 + start * 0x1000;
        let scratch = Scratch::new(PhysAddr(start), slot_pages * 0x1000, size);
        let package = range(start.saturating_add_signed(package), size);
        let place = scratch.place(package, x0);
        prop_assert!(!place.slot.overlaps(package));
        prop_assert!(!place.room.overlaps(package));
        prop_assert!(!place.slot.overlaps(place.room));
        if let Some(tree) = PhysRange::from_size(PhysAddr(x0), ROOM_SIZE) {
            prop_assert!(!place.slot.overlaps(tree));
        }
        let all = scratch.memory().unwrap();
        prop_assert!(all.contains(place.slot) && all.contains(place.room));
        prop_assert!(!scratch.spare().overlaps(place.slot) && !scratch.spare().overlaps(place.room));
    }
}
