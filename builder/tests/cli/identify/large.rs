// SPDX-License-Identifier: BSD-2-Clause

//! Tests that the builder identifies files larger than memory without reading all of them.

use std::fs::File;

use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, UIMAGE};
use crate::common::programs;

/// More bytes than fit into memory.
const LARGE: u64 = 10 << 30;

/// `inspect` and `check` identify a large file of any kind, in far less memory than it has bytes.
#[test]
fn a_large_file_takes_little_memory() {
    let folder = Folder::new();
    for options in [&ELF[..], &UIMAGE, &IMAGE, &EFI, &FIT] {
        folder.accepted(options);
        lengthen(&folder, "image.elf", LARGE);
        check_in_little_memory(&folder, "image.elf", "longer than it should be");
    }
    let files = [
        ("zeroes", vec![], "zeroes"),
        ("gzip", b"\x1f\x8b\x08\0".to_vec(), "a gzip file"),
        (
            "app.elf",
            programs::app().to_bytes(),
            "an ELF program for AARCH64",
        ),
    ];
    for (name, content, found) in files {
        folder.put(name, content);
        lengthen(&folder, name, LARGE);
        check_in_little_memory(&folder, name, found);
    }
}

/// An image's file may be 1 GiB, but no segment has more in the file than in memory.
#[test]
fn a_segment_larger_than_its_memory_is_not_read() {
    const SIZE: u64 = 900 << 20;
    let folder = Folder::new();
    folder.accepted(&ELF);
    let mut image = folder.get("image.elf");
    let header = Elf::HEADER_SIZE + (usize::from(image[56]) - 1) * Elf::PROGRAM_HEADER_SIZE;
    let (offset, file_size) = (header + 8, header + 32);
    let start = image[offset..].first_chunk().expect("an offset");
    let claimed = SIZE - u64::from_le_bytes(*start);
    image[file_size..][..8].copy_from_slice(&claimed.to_le_bytes());
    folder.put("image.elf", image);
    lengthen(&folder, "image.elf", SIZE);
    check_in_little_memory(&folder, "image.elf", "a KaaL image that is damaged");
}

/// Adds zeroes to a file that take no room.
fn lengthen(folder: &Folder, name: &str, size: u64) {
    let file = File::options()
        .write(true)
        .open(folder.path().join(name))
        .expect("the file");
    file.set_len(size).expect("a sparse file");
}

/// Lets commands that look at the file have 128 MiB of addresses.
fn check_in_little_memory(folder: &Folder, name: &str, expected: &str) {
    for subcommand in ["inspect", "check"] {
        let output = assert_cmd::Command::new("sh")
            .args(["-c", "ulimit -v 131072 && exec \"$@\"", "sh"])
            .arg(assert_cmd::cargo::cargo_bin("kaal-elfloader-builder"))
            .args([subcommand, name])
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(messages.contains(expected), "{messages}");
    }
}
