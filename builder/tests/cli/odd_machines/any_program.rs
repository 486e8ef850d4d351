// SPDX-License-Identifier: BSD-2-Clause

//! Builds images of random programs in all formats: each image must hold every loaded byte.

use std::path::Path;

use kaal_elfloader_builder::{Compression, File, Format, Image, Inputs, Settings};
use kaal_payload::{Integrity, PAGE_SIZE, PhysAddr};
use proptest::prelude::*;

use super::{MIB, range};
use crate::common::accepted;
use crate::common::device_tree::DeviceTree;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::loaded::Loaded;
use crate::common::package::Packed;
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};

/// RAM: more than enough for what is made here.
const RAM: (u64, u64) = (0x4000_0000, 128 * MIB);

/// Most bytes between segments.
const WIDEST_GAP: u64 = 4 * MIB;

/// A segment behind others.
#[derive(Clone, Debug)]
struct Segment {
    gap: u64,
    content: Vec<u8>,
    zeroes: u64,
}

/// Bytes with runs of zeroes, which images don't store.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let run = (any::<u8>(), prop_oneof![Just(1usize), 1..400usize]);
    let run = prop_oneof![run.clone(), run.prop_map(|(_, length)| (0, length))];
    prop::collection::vec(run, 0..8).prop_map(|runs| {
        let run = |(byte, length)| std::iter::repeat_n(byte, length);
        runs.into_iter().flat_map(run).collect()
    })
}

fn segment() -> impl Strategy<Value = Segment> {
    let gap = prop_oneof![0..0x20u64, 0..0x3000u64, 0..WIDEST_GAP];
    let zeroes = prop_oneof![0..0x20u64, 0..0x3000u64, 0..MIB];
    (gap, content(), zeroes).prop_map(|(gap, content, zeroes)| Segment {
        gap,
        content,
        zeroes,
    })
}

/// A program whose first segment is at `virt`, and whose segments are at virtual addresses that are
/// `base` more than the physical ones.
fn program(segments: &[Segment], virt: u64, base: u64) -> Vec<u8> {
    let mut next = virt;
    let mut headers = Vec::new();
    for segment in segments {
        let mut content = segment.content.clone();
        if headers.is_empty() {
            content.insert(0, 1);
        }
        let size = content.len() as u64 + segment.zeroes.max(1);
        let start = match headers.is_empty() {
            true => next,
            false => next + segment.gap,
        };
        let load = ProgramHeader::load(ProgramHeader::READ_WRITE_EXECUTE, start, content, size);
        headers.push(load.at(start.wrapping_sub(base)));
        next = start + size;
    }
    Elf::new(Elf::EXEC, virt, headers).to_bytes()
}

proptest! {
    #[test]
    fn an_image_is_complete(
        base in prop_oneof![Just(ORDINARY_BASE), Just(HYPERVISOR_BASE)],
        kernel_page in 0..0x800u64,
        kernel in prop::collection::vec(segment(), 1..6),
        app_start in (0x400..0x40_0000u64).prop_map(|word| 4 * word),
        app in prop::collection::vec(segment(), 1..6),
        format in prop_oneof![Just(Format::Elf), Just(Format::Raw), Just(Format::Image)],
        lz4: bool,
        integrity in prop_oneof![Just(Integrity::Crc32c), Just(Integrity::Sha256)],
    ) {
        let kernel_start = RAM.0 + kernel_page * PAGE_SIZE;
        let kernel = program(&kernel, base.wrapping_add(kernel_start), base);
        let app = program(&app, app_start, 0);
        let (loader, unpacker) = (programs::loader().to_bytes(), programs::unpacker().to_bytes());
        let device_tree = DeviceTree { ram: vec![RAM], ..DeviceTree::with_ram(0) }.to_bytes();
        let file = |content| File { path: Path::new("name"), content };
        let inputs = Inputs {
            unpacker: Some(file(&unpacker)),
            device_tree: Some(file(&device_tree)),
            settings: Settings {
                kernel_paddr: Some(PhysAddr(kernel_start)),
                format,
                compression: match (format, lz4) {
                    (Format::Elf, _) | (_, false) => Compression::None,
                    (_, true) => Compression::Lz4,
                },
                integrity,
                ..Settings::default()
            },
            ..Inputs::new(file(&loader), file(&kernel), file(&app))
        };
        let image = Image::build(&inputs).expect("an image");
        let loaded = match format {
            Format::Elf => Loaded::new(&image.file),
            _ => {
                let packed = Packed::new(image.file.clone());
                Loaded::unpacked(packed.package().entry.0, packed.unpack())
            }
        };
        accepted::check(&inputs, &image, &loaded, &[range(RAM.0, RAM.0 + RAM.1)]);
    }
}
