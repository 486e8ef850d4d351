// SPDX-License-Identifier: BSD-2-Clause

//! Unpacks packages in a memory of some hundred bytes, with the package and the firmware's device
//! tree at each address in it, and checks the resulting memory.

use kaal_payload::{
    Chunk, Encoding, Integrity, LogLevel, Machine, Package, PhysAddr, PhysRange, Scratch, Stored,
    UnpackStep,
};
use proptest::prelude::*;

/// Size in bytes of all memory.
const MEMORY: usize = 160;

/// Size of the unpacker and its header, with which a package begins, and of what else is in a slot.
const UNPACKER: u64 = 4;
const SLOT: u64 = 6;

/// Size of a device tree, and of the room for one.
const DEVICE_TREE: usize = 7;
const ROOM: u64 = 8;

/// The bytes of a device tree and of an unpacker.
const TREE_BYTE: u8 = 0xd7;
const UNPACKER_BYTE: u8 = 0xee;

/// Bytes that a compressed one becomes.
const EXPANSION: u64 = 3;

/// A piece of memory that is unpacked.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Bytes between it and the one before.
    gap: u64,
    /// Bytes that are stored.
    stored: u64,
    /// Whether these are compressed.
    is_compressed: bool,
    /// Bytes of zeroes behind the content.
    zeroes: u64,
}

/// An image of parts, and where it is unpacked.
struct Image {
    chunks: Vec<Chunk>,
    size: u64,
    scratch: Scratch,
}

impl Image {
    /// An image of `parts` from `start` on; the memory to work in lies behind them, or before.
    fn new(start: u64, parts: &[Part], works_behind: bool) -> Self {
        let size = UNPACKER + parts.iter().map(|part| part.stored).sum::<u64>();
        let scratch = |start| Scratch {
            start: PhysAddr(start),
            slot_size: SLOT,
            room_size: ROOM,
            spare_size: size,
        };
        let work_size = scratch(0).size().unwrap_or_default();
        let mut next = if works_behind {
            start
        } else {
            start + work_size
        };
        let mut offset = UNPACKER;
        let mut chunks = Vec::new();
        for part in parts {
            next += part.gap;
            let (encoding, content) = match part.is_compressed {
                true => (Encoding::Lz4, EXPANSION * part.stored),
                false => (Encoding::Identity, part.stored),
            };
            let memory = PhysRange {
                start: PhysAddr(next),
                end: PhysAddr(next + content + part.zeroes),
            };
            let stored = Stored {
                offset,
                size: part.stored,
                encoding,
                checksum: 0,
            };
            chunks.push(Chunk::new(memory, content, stored));
            next = memory.end.0;
            offset += part.stored;
        }
        Self {
            chunks,
            size,
            scratch: scratch(if works_behind { next } else { start }),
        }
    }

    fn package(&self) -> Package<'_> {
        Package {
            size: self.size,
            scratch: self.scratch,
            entry: PhysAddr(0),
            machine: Machine::default(),
            log_level: LogLevel::Info,
            integrity: Integrity::None,
            unpacker_checksum: 0,
            chunks: &self.chunks,
        }
    }

    /// Whether all of it lies in memory.
    fn fits(&self) -> bool {
        let ends = self.chunks.iter().map(|chunk| chunk.memory().end);
        let end = ends
            .chain(self.scratch.memory().map(|scratch| scratch.end))
            .max();
        end.is_some_and(|end| end.0 <= MEMORY as u64)
    }

    /// The package's bytes: the unpacker's, then each one its own.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![UNPACKER_BYTE; UNPACKER as usize];
        bytes.extend((UNPACKER..self.size).map(|offset| offset as u8));
        bytes
    }

    /// Unpacks it from `address`, with a device tree at `x0`, and checks what comes of it.
    fn check(&self, address: u64, x0: u64) {
        let package = self.package();
        let memory = range(address, self.size);
        let tree = range(x0, DEVICE_TREE as u64);
        if memory.overlaps(tree) || tree.end.0 > MEMORY as u64 {
            return;
        }
        let mut ram = Ram(vec![0x55; MEMORY]);
        ram.write(address, &self.bytes());
        ram.write(x0, &[TREE_BYTE; DEVICE_TREE]);

        let place = package.scratch.place(memory, x0);
        ram.write(place.slot.start.0, &[UNPACKER_BYTE; SLOT as usize]);
        ram.copy(x0, place.room.start.0, DEVICE_TREE as u64);
        for step in package.unpack_steps(PhysAddr(address)) {
            match step {
                UnpackStep::Move { from, to } => ram.copy(from.start.0, to.0, from.size()),
                UnpackStep::Fill { chunk, from, .. } => ram.fill(chunk, from.0),
                UnpackStep::Clear(range) => {
                    ram.write(range.start.0, &vec![0; range.size() as usize])
                }
            }
        }

        let context = || format!("package at {address}, device tree at {x0}");
        for chunk in &self.chunks {
            let expected = expected(chunk);
            let found = ram.read(chunk.memory());
            assert_eq!(found, expected, "{:?}, {}", chunk.memory(), context());
        }
        let tree = range(place.room.start.0, DEVICE_TREE as u64);
        assert_eq!(ram.read(tree), [TREE_BYTE; DEVICE_TREE], "{}", context());
        let unpacker = ram.read(place.slot);
        assert!(
            unpacker.iter().all(|&byte| byte == UNPACKER_BYTE),
            "{}",
            context()
        );
    }

    /// Checks it at every address, with a device tree at every other.
    fn check_everywhere(&self) {
        for address in 0..=MEMORY as u64 - self.size {
            for x0 in 0..MEMORY as u64 {
                self.check(address, x0);
            }
        }
    }
}

/// The expected memory of a chunk.
fn expected(chunk: &Chunk) -> Vec<u8> {
    let stored = chunk.stored();
    let repeated = match stored.encoding {
        Encoding::Identity => 1,
        Encoding::Lz4 => EXPANSION,
    };
    let mut content: Vec<u8> = (stored.offset..stored.offset + stored.size)
        .flat_map(|offset| (0..repeated).map(move |_| offset as u8))
        .collect();
    content.resize(chunk.memory().size() as usize, 0);
    content
}

fn range(start: u64, size: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(start + size),
    }
}

struct Ram(Vec<u8>);

impl Ram {
    fn write(&mut self, start: u64, bytes: &[u8]) {
        self.0[start as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn read(&self, range: PhysRange) -> &[u8] {
        &self.0[range.start.0 as usize..range.end.0 as usize]
    }

    fn copy(&mut self, from: u64, to: u64, size: u64) {
        let from = from as usize;
        self.0.copy_within(from..from + size as usize, to as usize);
    }

    /// Fills a chunk. Decompresses byte by byte, so that an overwritten source gives a wrong result.
    fn fill(&mut self, chunk: &Chunk, from: u64) {
        let to = chunk.destination().0;
        if chunk.stored().encoding == Encoding::Identity {
            self.copy(from, to, chunk.size());
            return;
        }
        for index in 0..chunk.size() {
            self.0[(to + index) as usize] = self.0[(from + index / EXPANSION) as usize];
        }
    }
}

/// Parts as images have them: adjoining and not, with zeroes and without, one of zeroes only.
const PARTS: [(u64, u64, u64); 5] = [(0, 6, 3), (0, 2, 0), (1, 5, 2), (0, 0, 4), (4, 3, 1)];

fn parts(is_compressed: impl Fn(usize) -> bool) -> Vec<Part> {
    let parts = PARTS.iter().enumerate();
    parts
        .map(|(index, &(gap, stored, zeroes))| Part {
            gap,
            stored,
            is_compressed: is_compressed(index),
            zeroes,
        })
        .collect()
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn what_is_stored_as_it_is() {
    for works_behind in [true, false] {
        for start in [0, 3, 10] {
            let image = Image::new(start, &parts(|_| false), works_behind);
            assert!(image.fits());
            image.check_everywhere();
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn what_is_compressed() {
    for works_behind in [true, false] {
        for start in [0, 3] {
            let image = Image::new(start, &parts(|_| true), works_behind);
            assert!(image.fits());
            image.check_everywhere();
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn what_is_compressed_in_part() {
    for works_behind in [true, false] {
        for odd in [true, false] {
            let image = Image::new(2, &parts(|index| (index % 2 == 1) == odd), works_behind);
            assert!(image.fits());
            image.check_everywhere();
        }
    }
}

#[test]
fn nothing_moves_twice_where_nothing_is_compressed() {
    let image = Image::new(0, &parts(|_| false), true);
    for address in 0..MEMORY as u64 {
        let package = image.package();
        let mut steps = package.unpack_steps(PhysAddr(address));
        assert!(!steps.any(|step| matches!(step, UnpackStep::Move { .. })));
    }
}

#[test]
fn compressed_packages_move_only_where_they_are_in_the_way() {
    let image = Image::new(0, &parts(|_| true), true);
    let package = image.package();
    let moves = |address| {
        package
            .unpack_steps(PhysAddr(address))
            .any(|step| matches!(step, UnpackStep::Move { .. }))
    };
    let end = image.chunks.iter().map(|chunk| chunk.memory().end.0).max();
    let end = end.unwrap_or_default();
    assert!(moves(end - 1));
    assert!(!moves(end));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn any_image(
        start in 0..20u64,
        parts in prop::collection::vec(
            (0..6u64, 0..8u64, any::<bool>(), 0..6u64).prop_map(
                |(gap, stored, is_compressed, zeroes)| Part {
                    gap,
                    stored,
                    is_compressed,
                    zeroes,
                },
            ),
            1..6,
        ),
        works_behind: bool,
    ) {
        let image = Image::new(start, &parts, works_behind);
        prop_assume!(image.fits());
        image.check_everywhere();
    }
}
