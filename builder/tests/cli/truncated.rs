// SPDX-License-Identifier: BSD-2-Clause

//! Tests of truncated and damaged programs.

use std::path::Path;

use kaal_elfloader_builder::{File, Image, Inputs, Settings};
use kaal_payload::Integrity;

use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::programs::{self, ORDINARY_BASE};

/// The program that an option takes.
fn programs() -> [(&'static str, Elf); 3] {
    [
        ("--loader", programs::loader()),
        ("--kernel", programs::kernel_of_five_segments(ORDINARY_BASE)),
        ("--app", programs::app()),
    ]
}

/// Where the parts of `elf` end that are read one by one.
fn boundaries(elf: &Elf) -> Vec<usize> {
    let mut boundaries = vec![4, 5, 6, 16, Elf::HEADER_SIZE];
    let mut end = Elf::HEADER_SIZE;
    for _ in &elf.headers {
        end += Elf::PROGRAM_HEADER_SIZE;
        boundaries.push(end);
    }
    for header in &elf.headers {
        end += header.content.len();
        boundaries.push(end);
    }
    boundaries
}

#[test]
fn at_header_boundaries() {
    for (option, elf) in programs() {
        let file = elf.to_bytes();
        for end in boundaries(&elf) {
            let folder = Folder::new();
            for size in [end - 1, end] {
                if size == file.len() {
                    continue;
                }
                folder.put("short.elf", &file[..size]);
                let message = folder.refused(&[(option, "short.elf")]);
                assert!(
                    message.starts_with(&format!("error: {option} short.elf: ")),
                    "{message}"
                );
            }
        }
    }
}

#[test]
fn anywhere() {
    for (option, elf) in programs() {
        let file = elf.to_bytes();
        for size in 0..file.len() {
            let error = build_with(option, &file[..size]).expect_err("a truncated file");
            assert_eq!(error.flag().to_string(), option, "{size} bytes: {error}");
        }
        build_with(option, &file).expect("the whole file");
    }
}

/// Any damaged byte of the headers may be refused or not, but not with a panic.
#[test]
fn damaged() {
    for (option, elf) in programs() {
        let file = elf.to_bytes();
        let headers = Elf::HEADER_SIZE + elf.headers.len() * Elf::PROGRAM_HEADER_SIZE;
        for index in 0..headers {
            for value in [0, 0x7f, 0xff] {
                let mut damaged = file.clone();
                damaged[index] = value;
                let _ = build_with(option, &damaged);
            }
        }
    }
}

fn build_with(
    option: &str,
    content: &[u8],
) -> Result<kaal_elfloader_builder::Image, kaal_elfloader_builder::Diagnostic> {
    let [loader, kernel, app] = programs().map(|(candidate, elf)| match candidate == option {
        true => content.to_vec(),
        false => elf.to_bytes(),
    });
    let file = |content| File {
        path: Path::new("name"),
        content,
    };
    Image::build(&Inputs {
        settings: Settings {
            integrity: Integrity::None,
            ..Settings::default()
        },
        ..Inputs::new(file(&loader), file(&kernel), file(&app))
    })
}
