// SPDX-License-Identifier: BSD-2-Clause

//! Signed page tables with right digests, in which one descriptor leads elsewhere.

use kaal_payload::{Digest, PAGE_SIZE, Region, RegionKind};
use sha2::{Digest as _, Sha256};

use super::header::{FREE, sign_changed};
use super::{CHECK, SIGN_AGAIN, change, refused, signed};
use crate::common::folder::Folder;

/// Bits 1:0 of a descriptor, and its address.
const KIND: u64 = 0b11;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Replaces the first descriptor of the page tables that `choose` changes, and signs the image again.
fn forge(folder: &Folder, choose: impl Fn(u64) -> Option<u64>) {
    let mut tables = Vec::new();
    change(folder, |image, file| {
        let payload = image.payload();
        let region = only_tables(payload.regions);
        let memory = region.memory().expect("a range");
        let pieces = image.extents().iter();
        let mut pieces = pieces.filter(|piece| memory.contains(piece.filled()));
        let (place, forged) = pieces
            .find_map(|piece| {
                let content = &file[piece.in_file.clone()];
                let offset = (piece.memory.start.0 % 8).wrapping_neg() as usize % 8;
                let words = content.get(offset..)?.as_chunks().0;
                let words = words.iter().map(|word| u64::from_le_bytes(*word));
                let (index, forged) = words
                    .enumerate()
                    .find_map(|(index, word)| Some((index, choose(word)?)))?;
                Some((piece.in_file.start + offset + 8 * index, forged))
            })
            .expect("such a descriptor");
        file[place..][..8].copy_from_slice(&forged.to_le_bytes());
    });
    change(folder, |image, _| {
        let region = only_tables(image.payload().regions);
        tables = image.stored(&region).expect("tables").into_owned();
    });
    sign_changed(folder, |payload| {
        let digest = Digest::from_sha256(Sha256::digest(&tables).into());
        let regions = payload.regions.iter().map(|region| match region.kind() {
            Some(kind @ RegionKind::TranslationTables) => {
                let memory = region.memory().expect("a range");
                Region::new(kind, memory, region.file_size(), digest)
            }
            _ => *region,
        });
        payload.regions = regions.collect::<Vec<_>>().leak();
    });
}

fn only_tables(regions: &[Region]) -> Region {
    let mut regions = regions.iter();
    let tables = regions.find(|region| region.kind() == Some(RegionKind::TranslationTables));
    *tables.expect("page tables")
}

/// Fails unless an image with the forged descriptor is refused.
fn refused_with(choose: impl Fn(u64) -> Option<u64>, found: &str) {
    let folder = signed(&[]);
    forge(&folder, choose);
    refused(&folder, &CHECK, found);
    refused(&folder, &SIGN_AGAIN, found);
}

/// Addresses of tables and pages are those of `FREE`.
fn lead_elsewhere(descriptor: u64) -> Option<u64> {
    (descriptor & KIND == KIND).then_some(descriptor & !ADDRESS | FREE.0)
}

#[test]
fn a_table_elsewhere() {
    refused_with(
        lead_elsewhere,
        "a table at 0x48000000, outside of their region",
    );
}

/// The first root, which lies before the other root and all tables below, leads to itself.
#[test]
fn a_table_twice() {
    refused_with(
        |descriptor| (descriptor & KIND == KIND).then_some(descriptor - 2 * PAGE_SIZE),
        "that is used twice",
    );
}

#[test]
fn other_memory_in_place_of_the_kernel() {
    refused_with(
        |descriptor| (descriptor & KIND == 0b01).then_some(descriptor & !ADDRESS | FREE.0),
        "bytes at 0x48000000 mapped to 0xffffff80",
    );
}
