// SPDX-License-Identifier: BSD-2-Clause

//! Tests that payload headers are read as they were written, and that all others are refused.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use crc::{CRC_32_ISCSI, Crc};
use kaal_payload::{
    AccessSize, Console, ConsoleKind, ConstantPart, Cpu, DeviceTreeSlot, Digest, ExceptionLevel,
    Gic, Integrity, LOADER_MAX_SIZE, LogLevel, Machine, Payload, PayloadError, PhysAddr, PhysRange,
    PhysicalAddressBits, PsciConduit, Region, RegionKind, TranslationTables, UserImage, VirtAddr,
};
use proptest::prelude::*;
use zerocopy::{FromBytes, IntoBytes};

/// Sizes that the documentation of the format states.
const HEADER_SIZE: usize = 344;
const REGION_SIZE: usize = 64;
const CPU_SIZE: usize = 16;

fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}

fn range(start: u64, size: u64) -> PhysRange {
    PhysRange::from_size(PhysAddr(start), size).unwrap()
}

fn regions() -> [Region; 3] {
    [
        Region::new(
            RegionKind::Kernel,
            range(0x4000_0000, 0x23_d000),
            0x3_0190,
            Digest::from_crc32c(1),
        ),
        Region::new(
            RegionKind::DeviceTree,
            range(0x4023_d000, 0x1_0000),
            0x1dd1,
            Digest::from_crc32c(2),
        ),
        Region::new(
            RegionKind::UserImage,
            range(0x4024_d000, 0x1_7000),
            0x5c10,
            Digest::from_crc32c(3),
        ),
    ]
}

fn payload(regions: &[Region]) -> Payload<'_> {
    Payload {
        image_version: 7,
        key_id: 0x1234,
        signature: [0xa5; 64],
        load_address: PhysAddr(0x4040_0000),
        loader: ConstantPart {
            size: 0x6000,
            digest: Digest::from_crc32c(4),
        },
        exception_level: ExceptionLevel::El1,
        cores: 1,
        physical_address_bits: PhysicalAddressBits::Bits40,
        log_level: LogLevel::Info,
        integrity: Integrity::Crc32c,
        kernel_entry: VirtAddr(0xffff_ff80_4000_0000),
        user_image: UserImage {
            memory: range(0x4024_d000, 0x1_7000),
            pv_offset: 0x4004_d000,
            entry: VirtAddr(0x20_237c),
        },
        device_tree: DeviceTreeSlot {
            start: PhysAddr(0x4023_d000),
            size: 0x1dd1,
            capacity: 0x1_0000,
        },
        tables: TranslationTables {
            ttbr0: PhysAddr(0x4040_9000),
            ttbr1: Some(PhysAddr(0x4040_a000)),
        },
        machine: Machine {
            console: Some(Console {
                kind: ConsoleKind::Pl011,
                base: PhysAddr(0x900_0000),
                register_shift: 2,
                access_size: AccessSize::Word,
            }),
            psci: Some(PsciConduit::Hvc),
            gic: Some(Gic::V2 {
                distributor: PhysAddr(0x800_0000),
                cpu_interface: PhysAddr(0x801_0000),
            }),
        },
        measurement: [0x5a; 32],
        package: [0xb7; 32],
        regions,
        cpus: &CPUS,
        boot_arguments: b"quiet",
    }
}

const CPUS: [Cpu; 2] = [
    Cpu {
        mpidr: 0,
        release_address: PhysAddr(0),
    },
    Cpu {
        mpidr: 0x101,
        release_address: PhysAddr(0xd8),
    },
];

/// Size of a header with three regions, two cores and five letters of boot arguments.
const TOTAL: usize = HEADER_SIZE + 3 * REGION_SIZE + 2 * CPU_SIZE + 8;

/// Bytes at an address that a header may have.
struct Encoded {
    words: Vec<u64>,
    length: usize,
}

impl Encoded {
    fn new(payload: &Payload<'_>) -> Self {
        let mut words = vec![0u64; 512];
        let length = payload.encode(words.as_mut_bytes(), crc32c).unwrap();
        Self { words, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.words.as_bytes()[..self.length]
    }

    fn parse(&self) -> Result<Payload<'_>, PayloadError> {
        Payload::parse(self.bytes(), crc32c)
    }

    /// Sets bytes and makes the checksum right again.
    fn with(payload: &Payload<'_>, offset: usize, bytes: &[u8]) -> Self {
        let mut encoded = Self::new(payload);
        let all = &mut encoded.words.as_mut_bytes()[..encoded.length];
        all[offset..offset + bytes.len()].copy_from_slice(bytes);
        let checksum = crc32c(&all[16..]);
        all[12..16].copy_from_slice(&checksum.to_le_bytes());
        encoded
    }
}

#[test]
fn what_is_written_is_read() {
    let regions = regions();
    let ordinary = payload(&regions);
    assert_eq!(Encoded::new(&ordinary).parse(), Ok(ordinary));

    let hypervisor = Payload {
        exception_level: ExceptionLevel::El2,
        physical_address_bits: PhysicalAddressBits::FromProcessor,
        tables: TranslationTables {
            ttbr0: PhysAddr(0x4040_9000),
            ttbr1: None,
        },
        machine: Machine::default(),
        regions: &[],
        cpus: &[],
        boot_arguments: &[],
        ..ordinary
    };
    assert_eq!(Encoded::new(&hypervisor).parse(), Ok(hypervisor));
}

#[test]
fn the_layout_is_the_documented_one() {
    let regions = regions();
    let encoded = Encoded::new(&payload(&regions));
    assert_eq!(encoded.bytes().len(), TOTAL);
    assert_eq!(&encoded.bytes()[..8], b"KaaLboot");
    assert_eq!(encoded.bytes()[8..12], 4u32.to_le_bytes());
    let (destination, _) = u64::read_from_prefix(&encoded.bytes()[HEADER_SIZE..]).unwrap();
    assert_eq!(destination, 0x4000_0000);
}

#[test]
fn every_truncation_is_refused() {
    let regions = regions();
    let encoded = Encoded::new(&payload(&regions));
    for length in 0..encoded.bytes().len() {
        let error = Payload::parse(&encoded.bytes()[..length], crc32c).unwrap_err();
        assert!(
            matches!(error, PayloadError::Truncated { .. }),
            "{length}: {error}"
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn every_flipped_bit_is_refused() {
    let regions = regions();
    let mut encoded = Encoded::new(&payload(&regions));
    for bit in 0..8 * encoded.length {
        encoded.words.as_mut_bytes()[bit / 8] ^= 1 << (bit % 8);
        assert!(encoded.parse().is_err(), "bit {bit}");
        encoded.words.as_mut_bytes()[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(encoded.parse().is_ok());
}

#[test]
fn a_header_off_alignment_is_refused() {
    let regions = regions();
    let encoded = Encoded::new(&payload(&regions));
    let mut shifted = vec![0u64; 513];
    let bytes = &mut shifted.as_mut_bytes()[1..];
    bytes[..encoded.length].copy_from_slice(encoded.bytes());
    assert_eq!(Payload::parse(bytes, crc32c), Err(PayloadError::Magic));
}

#[test]
fn room_that_is_too_small_is_refused() {
    let regions = regions();
    let mut out = [0; TOTAL - 1];
    let error = payload(&regions).encode(&mut out, crc32c).unwrap_err();
    let (needed, found) = (TOTAL, out.len());
    assert_eq!(error, PayloadError::Truncated { needed, found });
}

/// Each field, by its offset, with a value that has no meaning.
#[test]
fn values_without_meaning_are_refused() {
    let regions = regions();
    let payload = payload(&regions);
    let fields: [(usize, &[u8], &str); 21] = [
        (88, &[0], "exception level"),
        (88, &[3], "exception level"),
        (89, &[3], "log level"),
        (90, &[3], "integrity"),
        (91, &[48], "physical address bits"),
        (92, &[0, 0, 0, 0], "cores"),
        (92, &[9, 0, 0, 0], "cores"),
        (120, &[1], "load address"),
        (128, &0x20_0001u64.to_le_bytes(), "loader"),
        (176, &[1], "user image"),
        (184, &0x4024_d000u64.to_le_bytes(), "user image"),
        (216, &0x1_0001u64.to_le_bytes(), "device tree"),
        (232, &[1], "translation tables"),
        (248, &[1], "console"),
        (272, &[77], "console"),
        (273, &[3], "PSCI conduit"),
        (274, &[1], "interrupt controller"),
        (275, &[5], "console"),
        (276, &[3], "console"),
        (277, &[1], "reserved"),
        (TOTAL - 1, &[1], "boot arguments"),
    ];
    for (offset, value, name) in fields {
        let encoded = Encoded::with(&payload, offset, value);
        assert_eq!(
            encoded.parse(),
            Err(PayloadError::Field { name }),
            "offset {offset}"
        );
    }
}

#[test]
fn tables_of_the_upper_range_are_refused_at_el2() {
    let regions = regions();
    let encoded = Encoded::with(&payload(&regions), 88, &[ExceptionLevel::El2 as u8]);
    let name = "translation tables";
    assert_eq!(encoded.parse(), Err(PayloadError::Field { name }));
}

/// Each field of a region, by its offset, with a value that has no meaning.
#[test]
fn malformed_regions_are_refused() {
    let regions = regions();
    let payload = payload(&regions);
    let fields: [(usize, &[u8]); 6] = [
        (0, &u64::MAX.to_le_bytes()),
        (8, &0x1_0001u64.to_le_bytes()),
        (16, &0u64.to_le_bytes()),
        (56, &[0]),
        (56, &[9]),
        (57, &[1]),
    ];
    for (offset, value) in fields {
        let encoded = Encoded::with(&payload, HEADER_SIZE + REGION_SIZE + offset, value);
        let error = encoded.parse();
        assert_eq!(
            error,
            Err(PayloadError::Item { index: 1 }),
            "offset {offset}"
        );
    }
}

#[test]
fn regions_that_overlap_or_descend_are_refused() {
    let regions = regions();
    let payload = payload(&regions);
    for start in [0x4000_0000u64, 0x4023_cfff] {
        let encoded = Encoded::with(&payload, HEADER_SIZE + REGION_SIZE, &start.to_le_bytes());
        assert_eq!(encoded.parse(), Err(PayloadError::Order { index: 1 }));
    }
}

#[test]
fn lengths_that_disagree_are_refused() {
    let regions = regions();
    let payload = payload(&regions);
    for (offset, value) in [
        (80, 0u32),
        (80, u32::MAX),
        (84, 2),
        (84, u32::MAX),
        (96, 1),
        (96, u32::MAX),
        (100, 9),
        (100, u32::MAX),
    ] {
        let encoded = Encoded::with(&payload, offset, &value.to_le_bytes());
        let error = encoded.parse().unwrap_err();
        assert!(matches!(error, PayloadError::Length { .. }), "{error}");
    }
}

#[test]
fn a_damaged_header_still_names_the_machine() {
    let regions = regions();
    let payload = payload(&regions);
    let mut encoded = Encoded::new(&payload);
    encoded.words.as_mut_bytes()[0xb0] ^= 1;
    let machine = Payload::peek_machine(encoded.bytes());
    assert_eq!(machine.console, payload.machine.console);
    assert_eq!(machine.psci, payload.machine.psci);

    encoded.words.as_mut_bytes()[0] ^= 1;
    assert_eq!(Payload::peek_machine(encoded.bytes()), Machine::default());
    assert_eq!(Payload::peek_machine(&[]), Machine::default());
}

#[test]
fn a_damaged_header_still_names_the_symbols() {
    let symbols = Region::new(
        RegionKind::Symbols,
        range(0x4041_0000, 0x3000),
        0x2345,
        Digest::from_crc32c(4),
    );
    let without = regions();
    let with = [&without[..], &[symbols]].concat();
    let mut encoded = Encoded::new(&payload(&with));
    encoded.words.as_mut_bytes()[0xb0] ^= 1;
    let bytes = encoded.bytes();
    let place = range(0x4041_0000, 0x2345);
    assert_eq!(Payload::peek_symbols(bytes), Some(place));
    assert_eq!(Payload::peek_symbols(&bytes[..HEADER_SIZE]), None);

    encoded.words.as_mut_bytes()[0] ^= 1;
    assert_eq!(Payload::peek_symbols(encoded.bytes()), None);
    let encoded = Encoded::new(&payload(&without));
    assert_eq!(Payload::peek_symbols(encoded.bytes()), None);
}

#[test]
fn a_header_tells_by_itself_what_the_loader_verifies_of_itself() {
    let regions = regions();
    let payload = payload(&regions);
    let verified = |integrity| {
        let encoded = Encoded::new(&Payload {
            integrity,
            ..payload
        });
        Payload::peek_loader(encoded.bytes()).map(|(integrity, &loader)| (integrity, loader))
    };
    for integrity in [Integrity::Crc32c, Integrity::Sha256] {
        assert_eq!(verified(integrity), Some((integrity, payload.loader)));
    }
    assert_eq!(verified(Integrity::None), None);
    assert_eq!(Payload::peek_loader(&[]), None);

    // More than any loader takes, be the header's checksum right or wrong.
    let encoded = Encoded::new(&Payload {
        loader: ConstantPart {
            size: LOADER_MAX_SIZE + 1,
            ..payload.loader
        },
        ..payload
    });
    assert_eq!(Payload::peek_loader(encoded.bytes()), None);

    let mut encoded = Encoded::new(&payload);
    encoded.words.as_mut_bytes()[0] ^= 1;
    assert_eq!(Payload::peek_loader(encoded.bytes()), None);
}

#[test]
fn errors_say_what_was_expected_and_found() {
    let texts = [
        (
            PayloadError::Version { found: 20 },
            "version 4 expected, 20 found",
        ),
        (PayloadError::Magic, "it does not begin with KaaLboot"),
        (
            PayloadError::Checksum {
                expected: 0,
                found: 0xfeed,
            },
            "checksum 0x0 expected, 0xfeed found",
        ),
        (
            PayloadError::Order { index: 10 },
            "region 10 does not follow the one before",
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), format!("payload header: {text}"));
    }
}

#[test]
fn ranges_know_what_they_share() {
    let outer = range(0x1000, 0x2000);
    assert!(outer.contains(range(0x1000, 0x2000)));
    assert!(!outer.contains(range(0x1000, 0x2001)));
    assert!(outer.overlaps(range(0x2fff, 1)));
    assert!(!outer.overlaps(range(0x3000, 1)));
    assert_eq!(PhysRange::from_size(PhysAddr(u64::MAX), 2), None);
    assert_eq!(outer.to_string(), "0x1000..0x3000");
}

#[test]
fn a_core_polls_eight_bytes() {
    let memory = PhysRange::new(PhysAddr(0x1000), 0x1000);
    for (address, expected) in [
        (0xff8, false),
        (0xff9, true),
        (0x1fff, true),
        (0x2000, false),
        (u64::MAX, false),
    ] {
        let release_address = PhysAddr(address);
        let cpu = Cpu {
            release_address,
            ..Cpu::default()
        };
        assert_eq!(cpu.polls(memory), expected, "{address:#x}");
    }
    // Started by PSCI.
    assert!(!Cpu::default().polls(PhysRange::new(PhysAddr(0), 0x1000)));
}

proptest! {
    /// The parser never panics, and accepts only bytes that it would write.
    #[test]
    fn any_bytes_are_parsed(mut words in prop::collection::vec(any::<u64>(), 0..64), fix in 0u8..4) {
        let bytes = words.as_mut_bytes();
        if bytes.len() > 88 && fix > 0 {
            bytes[..8].copy_from_slice(b"KaaLboot");
            bytes[8..12].copy_from_slice(&4u32.to_le_bytes());
            let count = (bytes.len().saturating_sub(HEADER_SIZE) / REGION_SIZE) as u32;
            let length = (HEADER_SIZE + count as usize * REGION_SIZE) as u32;
            bytes[80..84].copy_from_slice(&length.to_le_bytes());
            bytes[84..88].copy_from_slice(&count.to_le_bytes());
        }
        let checksum = |checked: &[u8]| if fix > 1 { 0 } else { crc32c(checked) };
        if bytes.len() > 88 && fix > 1 {
            bytes[12..16].copy_from_slice(&[0; 4]);
        }
        let words = words;
        let _ = Payload::peek_symbols(words.as_bytes());
        if let Ok(payload) = Payload::parse(words.as_bytes(), checksum) {
            let mut out = vec![0u64; words.len()];
            let length = payload.encode(out.as_mut_bytes(), checksum).unwrap();
            prop_assert_eq!(&out.as_bytes()[..length], &words.as_bytes()[..length]);
        }
    }

    /// Numbers are shown as the standard library shows them.
    #[test]
    fn numbers_are_shown(number: u64) {
        prop_assert_eq!(kaal_payload::Hex(number).to_string(), format!("{number:#x}"));
        prop_assert_eq!(kaal_payload::KeyId(number).to_string(), format!("{number:016x}"));
        prop_assert_eq!(kaal_payload::Decimal(number).to_string(), number.to_string());
    }
}
