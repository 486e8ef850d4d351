// SPDX-License-Identifier: BSD-2-Clause

//! Reads files of disks, also damaged ones.

#![expect(clippy::expect_used, reason = "a test that can't go on may panic")]

mod common;
#[path = "common/now.rs"]
mod now;

use std::sync::LazyLock;

use hadris_fat::FatKind;
use kaal_disk::{BLOCK, FatFiles, MountToken};
use kaal_web::FileError;
use proptest::prelude::*;

use common::{Memory, image};
use now::now;

const LONG: &str = "A long name, with äöü and 日本語, of more than 8.3 characters.html";

fn big() -> Vec<u8> {
    (0..300_001_u32).map(|at| (at * 7 % 251) as u8).collect()
}

/// Reads a file in pieces of at most `piece` bytes.
fn read<const FILES: usize>(
    files: &mut FatFiles<'_, Memory, FILES>,
    path: &str,
    piece: usize,
) -> Result<Vec<u8>, FileError> {
    let (file, size) = now(files.open(path))?;
    let mut content = Vec::new();
    let mut buffer = vec![0; piece];
    let result = loop {
        match now(files.read(&file, &mut buffer)) {
            Ok(0) => break Ok(content),
            Ok(count) => content.extend(&buffer[..count]),
            Err(error) => break Err(error),
        }
        assert!(content.len() as u64 <= size);
    };
    now(files.close(file));
    result
}

/// Images of all kinds with the same files.
fn images(big: &[u8]) -> Vec<Vec<u8>> {
    let sizes = [
        (FatKind::Fat12, 2),
        (FatKind::Fat16, 16),
        (FatKind::Fat32, 64),
    ];
    let deep = "one/Two with a long name/three/file.bin";
    let files: [(&str, &[u8]); 4] = [
        ("HELLO.TXT", b"hello"),
        (LONG, b"long"),
        (deep, big),
        ("empty", b""),
    ];
    let images = sizes.map(|(kind, mib)| image(kind, mib << 20, &files));
    images.into()
}

#[test]
fn files_of_all_kinds_of_fat() {
    let big = big();
    for image in images(&big) {
        let mut token = MountToken::new();
        let mut files: FatFiles<'_, _, 4> =
            now(FatFiles::mount(Memory::new(image), &mut token)).unwrap();
        assert_eq!(read(&mut files, "hello.txt", 100).unwrap(), b"hello");
        assert_eq!(read(&mut files, LONG, 3).unwrap(), b"long");
        assert_eq!(read(&mut files, "empty", 3).unwrap(), b"");
        for piece in [1000, 4096, 16_384, 1 << 20] {
            let content = read(&mut files, "one/two with a long name/three/File.bin", piece);
            assert!(content.unwrap() == big);
        }
        for absent in ["", "no", "hello.txt/x", "one", "one/no/three"] {
            assert_eq!(
                read(&mut files, absent, 9),
                Err(FileError::NotFound),
                "{absent}"
            );
        }
    }
}

#[test]
fn many_may_read_the_same_file() {
    let big = big();
    for image in images(&big) {
        let mut token = MountToken::new();
        let mut files: FatFiles<'_, _, 3> =
            now(FatFiles::mount(Memory::new(image), &mut token)).unwrap();
        let path = "one/two with a long name/three/file.bin";
        let open = [(); 3].map(|()| now(files.open(path)).unwrap().0);
        assert_eq!(now(files.open(path)).unwrap_err(), FileError::Busy);
        let mut buffer = [0; 1000];
        for part in big.chunks(1000) {
            for file in &open {
                let count = now(files.read(file, &mut buffer)).unwrap();
                assert_eq!(&buffer[..count], part);
            }
        }
        for file in open {
            now(files.close(file));
        }
        assert!(now(files.open(path)).is_ok());
    }
}

#[test]
fn long_files_are_read_in_long_runs() {
    let big = big();
    for image in images(&big) {
        let disk = Memory::new(image);
        let read_blocks = disk.read.clone();
        let mut token = MountToken::new();
        let mut files: FatFiles<'_, _, 1> = now(FatFiles::mount(disk, &mut token)).unwrap();
        let before = read_blocks.get();
        read(
            &mut files,
            "one/two with a long name/three/file.bin",
            16_384,
        )
        .unwrap();
        let content = big.len().div_ceil(BLOCK) as u64;
        let extra = read_blocks.get() - before - content;
        assert!(extra < content / 4, "{extra} blocks beside {content}");
    }
}

#[test]
fn disks_without_a_file_system_are_refused() {
    for image in [vec![], vec![0; BLOCK], vec![0xff; 1 << 20]] {
        let mut token = MountToken::new();
        let files = now(FatFiles::<_, 1>::mount(Memory::new(image), &mut token));
        assert_eq!(files.err(), Some(FileError::NotFound));
    }
}

#[test]
fn disks_that_end_early_lose_only_what_lies_behind() {
    let big = big();
    for image in images(&big) {
        let blocks = (image.len() / BLOCK) as u64;
        let mut disk = Memory::new(image);
        // The disk claims more than it has.
        disk.image.truncate(disk.image.len().min(400 << 10));
        disk.blocks = blocks;
        let mut token = MountToken::new();
        let Ok(mut files) = now(FatFiles::<_, 1>::mount(disk, &mut token)) else {
            continue;
        };
        let path = "one/two with a long name/three/file.bin";
        if let Err(error) = read(&mut files, path, 4096) {
            assert_eq!(error, FileError::Damaged);
        }
    }
}

/// An image, and the places of its file system's structures.
static DAMAGEABLE: LazyLock<[(Vec<u8>, Vec<usize>); 3]> = LazyLock::new(|| {
    let kinds = [
        (FatKind::Fat12, 1),
        (FatKind::Fat16, 5),
        (FatKind::Fat32, 34),
    ];
    kinds.map(|(kind, mib)| {
        const CONTENT: u8 = 7;
        let content = vec![CONTENT; 20_000];
        let files = [
            ("a/long name of a folder/b.txt", &*content),
            ("c.txt", b"c"),
        ];
        let image = image(kind, mib << 20, &files);
        let bytes = image.iter().enumerate();
        let structures = bytes.filter(|(_, byte)| ![0, CONTENT].contains(*byte));
        let places = structures.map(|(place, _)| place).collect();
        (image, places)
    })
});

proptest! {
    #[test]
    fn damage_causes_errors_only(
        kind in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), -3_isize..4, any::<u8>()), 1..20),
    ) {
        let (image, places) = &DAMAGEABLE[kind];
        let mut image = image.clone();
        for (place, distance, value) in changes {
            let place = place.get(places).saturating_add_signed(distance);
            image[place] = value;
        }
        let disk = Memory::new(image);
        let (blocks, read_blocks) = (disk.blocks, disk.read.clone());
        let mut token = MountToken::new();
        if let Ok(mut files) = now(FatFiles::<_, 1>::mount(disk, &mut token)) {
            for path in ["a/long name of a folder/b.txt", "c.txt", "d/e"] {
                if let Ok((file, _)) = now(files.open(path)) {
                    let mut buffer = [0; 1000];
                    let before = read_blocks.get();
                    let _ = now(files.read(&file, &mut buffer));
                    // Content, and the chain of its clusters.
                    prop_assert!(read_blocks.get() - before <= 100);
                    now(files.close(file));
                }
            }
            // No chain is followed for ever.
            prop_assert!(read_blocks.get() <= 4 * blocks);
        }
    }
}
