// SPDX-License-Identifier: BSD-2-Clause

//! Builds images for random machines: each image must be complete, and lie in RAM that it may use.

use std::path::Path;

use kaal_elfloader_builder::{File, Image, Inputs, Settings};
use kaal_payload::{Integrity, PAGE_SIZE, PhysRange, RegionKind};
use proptest::prelude::*;

use super::range;
use crate::common::accepted;
use crate::common::device_tree::{Core, DeviceTree};
use crate::common::loaded::Loaded;
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL_SIZE, ORDINARY_BASE};

/// Where RAM begins in most cases, 2 MiB below the end of a GiB.
const RAM: u64 = 0x3fe0_0000;

/// Bytes that banks are spread over, in units of half a page.
const UNITS: u64 = 0x80_0000 / UNIT;
const UNIT: u64 = PAGE_SIZE / 2;

/// Start and size of memory.
fn memory(most: u64) -> impl Strategy<Value = (u64, u64)> {
    (0..UNITS, 1..=most).prop_map(|(start, size)| (RAM + start * UNIT, size * UNIT))
}

/// Whether all of `place` lies in `places`, be it over several.
fn is_within(place: PhysRange, places: &[(u64, u64)]) -> bool {
    let pieces = (place.start.0..place.end.0).step_by(UNIT as usize);
    pieces.into_iter().all(|piece| {
        let holds = |&(start, size): &(u64, u64)| (start..start + size).contains(&piece);
        places.iter().any(holds)
    })
}

/// The first of `memory`, and of the others those that don't overlap one before: other memory
/// reservation blocks can't be written.
fn disjoint(memory: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut kept = Vec::new();
    for (start, size) in memory {
        if is_clear_of(range(start, start + size), &kept) {
            kept.push((start, size));
        }
    }
    kept
}

/// The address of a word that a core polls.
fn word() -> impl Strategy<Value = u64> {
    let aligned = 0..UNITS * UNIT / 8;
    (aligned, prop_oneof![3 => Just(0), 1 => 1..8u64])
        .prop_map(|(word, byte)| RAM + word * 8 + byte)
}

fn is_clear_of(place: PhysRange, others: &[(u64, u64)]) -> bool {
    let is_clear = |&(start, size): &(u64, u64)| !place.overlaps(range(start, start + size));
    others.iter().all(is_clear)
}

proptest! {
    #[test]
    fn an_image_lies_where_it_may(
        base in prop_oneof![Just(ORDINARY_BASE), Just(HYPERVISOR_BASE)],
        kernel_page in 0..0x400u64,
        ram in prop::collection::vec(memory(UNITS), 1..6),
        behind_kernel in prop::option::of(1..=1024u64),
        reserved in prop::collection::vec(memory(64), 0..4),
        no_map in prop::collection::vec(memory(64), 0..4),
        words in prop::collection::vec(word(), 0..4),
    ) {
        let kernel_start = RAM + kernel_page * PAGE_SIZE;
        let kernel = programs::kernel_at(base, kernel_start).to_bytes();
        let behind_kernel = behind_kernel.map(|size| (kernel_start + KERNEL_SIZE, size * UNIT));
        let reserved = disjoint(behind_kernel.into_iter().chain(reserved).collect());
        let (loader, app) = (programs::loader().to_bytes(), programs::app().to_bytes());
        let device_tree = DeviceTree {
            ram: ram.clone(),
            reserved: reserved.clone(),
            no_map: no_map.clone(),
            cores: (0..).zip(&words).map(|(core, &word)| Core::polling(core, word)).collect(),
            ..DeviceTree::with_ram(0)
        }
        .to_bytes();
        let file = |content| File { path: Path::new("name"), content };
        let inputs = Inputs {
            device_tree: Some(file(&device_tree)),
            settings: Settings {
                integrity: Integrity::None,
                ..Settings::default()
            },
            ..Inputs::new(file(&loader), file(&kernel), file(&app))
        };
        if let Ok(image) = Image::build(&inputs) {
            let loaded = Loaded::new(&image.file);
            let banks: Vec<_> = ram.iter().map(|bank| range(bank.0, bank.0 + bank.1)).collect();
            accepted::check(&inputs, &image, &loaded, &banks);
            let payload = loaded.payload();
            let all = |kind| {
                let regions = payload.regions.iter();
                let of_kind = regions.filter(move |region| region.kind() == Some(kind));
                let mut memory = of_kind.filter_map(|region| region.memory());
                let first = memory.next().expect("a region");
                memory.fold(first, |all, next| {
                    assert_eq!(all.end, next.start);
                    PhysRange { end: next.end, ..all }
                })
            };
            let kernel = all(RegionKind::Kernel);
            let device_tree = all(RegionKind::DeviceTree);
            let user_image = all(RegionKind::UserImage);
            let loader = PhysRange {
                start: payload.load_address,
                ..all(RegionKind::TranslationTables)
            };
            prop_assert_eq!(kernel, range(kernel_start, kernel_start + KERNEL_SIZE));
            prop_assert_eq!(user_image, payload.user_image.memory);
            prop_assert_eq!(device_tree.size(), payload.device_tree.capacity);
            prop_assert!(kernel.end <= device_tree.start && device_tree.end <= user_image.start);

            let parts = [kernel, device_tree, user_image, loader];
            for (index, &part) in parts.iter().enumerate() {
                prop_assert!(part.start.is_page_aligned() && part.end.is_page_aligned());
                prop_assert!(is_within(part, &ram));
                prop_assert!(is_clear_of(part, &no_map));
                prop_assert!(parts[..index].iter().all(|other| !other.overlaps(part)));
            }
            let words: Vec<_> = words.iter().map(|&word| (word, 8)).collect();
            for part in image.memory_map.entries().iter().map(|entry| entry.memory).chain(parts) {
                prop_assert!(is_clear_of(part, &words));
            }
            let in_reserved = parts.iter().filter(|&&part| !is_clear_of(part, &reserved));
            let warnings = image.warnings.iter().map(ToString::to_string);
            let of_reserved = warnings.filter(|text| text.contains("lies in reserved memory"));
            prop_assert_eq!(in_reserved.count(), of_reserved.count());
            if loader.start >= user_image.end && !is_clear_of(loader, &reserved) {
                let is_free = |start: &u64| {
                    let page = range(*start, *start + PAGE_SIZE);
                    is_within(page, &ram)
                        && [&no_map, &words, &reserved].iter().all(|taken| is_clear_of(page, taken))
                };
                let pages: Vec<u64> = (user_image.end.0..RAM + 2 * UNITS * UNIT)
                    .step_by(PAGE_SIZE as usize)
                    .collect();
                let runs = pages.chunk_by(|one, other| is_free(one) == is_free(other));
                let runs = runs.filter(|run| is_free(&run[0]));
                let largest = runs.map(<[u64]>::len).max().unwrap_or_default();
                // The page tables are larger in some places.
                prop_assert!(largest as u64 * PAGE_SIZE < loader.size() + 4 * PAGE_SIZE);
            }
        }
    }
}
