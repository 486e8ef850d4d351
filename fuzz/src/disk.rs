// SPDX-License-Identifier: BSD-2-Clause

//! Hostile disks. Whatever a disk holds, the search for a file ends, and no more is read than the file's size.

use std::sync::LazyLock;

use hadris_fat::FatKind;
use kaal_disk::{FatFiles, MountToken};

use crate::Target;
use crate::common::disk::{Memory, image};
use crate::common::now::now;

const NAMES: [&str; 3] = ["a/long name of a folder/b.txt", "c.txt", "d/e"];

/// Disks with FAT12, FAT16 and FAT32.
static DISKS: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let kinds = [
        (FatKind::Fat12, 1),
        (FatKind::Fat16, 5),
        (FatKind::Fat32, 34),
    ];
    let content = vec![7; 20_000];
    let files: [(&str, &[u8]); 2] = [(NAMES[0], &content), (NAMES[1], b"c")];
    kinds.map(|(kind, mib)| image(kind, mib << 20, &files))
});

/// The reader of disks. The first byte chooses a disk; then come changes: a place, and the byte there.
pub const DISK: Target = Target {
    name: "disk",
    run,
    seeds: || vec![vec![0], vec![1], vec![2, 0, 0, 3, b'!']],
};

fn run(input: &[u8]) -> bool {
    let Some((kind, changes)) = input.split_first() else {
        return false;
    };
    let mut image = DISKS[usize::from(kind % 3)].clone();
    let (changes, _) = changes.as_chunks();
    for &[high, middle, low, value] in changes {
        let place = u32::from_be_bytes([0, high, middle, low]) as usize;
        if let Some(byte) = image.get_mut(place) {
            *byte = value;
        }
    }
    let disk = Memory::new(image);
    let (blocks, read) = (disk.blocks, disk.read.clone());
    let mut token = MountToken::new();
    let Ok(mut files) = now(FatFiles::<_, 1>::mount(disk, &mut token)) else {
        return false;
    };
    let mut found = false;
    for name in NAMES {
        let before = read.get();
        if let Ok((file, size)) = now(files.open(name)) {
            let mut buffer = vec![0; 4096];
            let mut total = 0;
            while let Ok(count @ 1..) = now(files.read(&file, &mut buffer))
                && total < 100_000
            {
                total += count as u64;
            }
            assert!(total <= size);
            now(files.close(file));
            found = true;
        }
        assert!(read.get() - before <= 4 * blocks + 1000);
    }
    found
}
