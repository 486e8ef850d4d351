// SPDX-License-Identifier: BSD-2-Clause

//! Tests of missing files, files of the wrong kind, and files given to each other's options.

use std::os::unix::net::UnixListener;
use std::process::Command;

use expect_test::{Expect, expect};

use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, RAW, UIMAGE};
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};

/// What is said of the wrong use of `folder`'s files.
fn check(folder: &Folder, arguments: &[&str], expected: Expect) {
    let output = folder.command(arguments);
    assert_eq!(output.status.code(), Some(1));
    expected.assert_eq(&String::from_utf8(output.stderr).expect("text"));
}

#[test]
fn all_missing_ones_at_once() {
    expect![[r#"
        error: --kernel none.elf: can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or build the file first
        error: --dtb none.dtb: can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or build the file first
        error: --trust-key none.pem: can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or make a key pair with `kaal-elfloader-builder keygen`
    "#]]
    .assert_eq(&Folder::new().refused(&[
        ("--kernel", "none.elf"),
        ("--dtb", "none.dtb"),
        ("--trust-key", "none.pem"),
    ]));
}

#[test]
fn sources_of_missing_ones() {
    let folder = Folder::new();
    folder.put(
        "kaal.toml",
        "loader = \"none.elf\"\nkernel = \"kernel.elf\"\nout = \"image.elf\"\n",
    );
    let output = folder.configured("", &[], &[("KAAL_APP", "none.elf")]);
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: --loader none.elf (kaal.toml:1): can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or build the file first
        error: --app none.elf (KAAL_APP): can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or build the file first
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).expect("text"));
}

#[test]
fn no_regular_files() {
    let folder = Folder::new();
    let _socket = UnixListener::bind(folder.path().join("socket")).expect("a writable folder");
    let pipe = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(pipe.expect("mkfifo").success());
    for (name, kind) in [
        (".", "a folder"),
        ("pipe", "a pipe"),
        ("socket", "a socket"),
        ("/dev/null", "a device"),
    ] {
        let found = format!("\n  found: {kind}\n");
        let inspected = folder.command(&["inspect", name]);
        let messages = String::from_utf8(inspected.stderr).expect("text");
        assert!(messages.contains(&found), "{messages}");
        let messages = folder.refused(&[("--out", name)]);
        assert!(messages.contains(&found), "{messages}");
    }
}

#[test]
fn kernel_and_root_task_swapped() {
    expect![[r#"
        error: --kernel app.elf: not linked like seL4
          expected: virtual addresses that are the physical ones plus 0xffffff8000000000, or 0x8000000000 with hypervisor support
          found: the physical addresses themselves, as in a user program
          help: pass the unchanged kernel.elf of seL4's build for AArch64; --kernel and --app may be swapped
    "#]]
        .assert_eq(&Folder::new().refused(&[("--kernel", "app.elf"), ("--app", "kernel.elf")]));
}

#[test]
fn loader_and_another_program_swapped() {
    for (option, file) in [
        ("--kernel", "kernel.elf"),
        ("--app", "app.elf"),
        ("--unpacker", "unpacker.elf"),
    ] {
        let messages = Folder::new().refused(&[("--loader", file), (option, "loader.elf")]);
        let hint = format!("; --loader and {option} may be swapped\n");
        assert!(messages.ends_with(&hint), "{messages}");
    }
}

#[test]
fn other_mistakes_are_not_taken_for_that() {
    for changes in [
        [("--kernel", "app.elf"), ("--app", "app.elf")],
        [("--kernel", "app.elf"), ("--app", "loader.elf")],
        [("--loader", "kernel.elf"), ("--kernel", "kernel.elf")],
        [("--unpacker", "app.elf"), ("--format", "raw")],
    ] {
        let messages = Folder::new().refused(&changes);
        assert!(!messages.contains("swapped"), "{messages}");
    }
}

#[test]
fn no_folder_for_keys() {
    let arguments = [
        "keygen",
        "--sign-key",
        "none/a",
        "--trust-key",
        "public.pem",
    ];
    check(
        &Folder::new(),
        &arguments,
        expect![[r#"
        error: --sign-key none/a: its folder doesn't exist
          expected: the folder none
          found: no such folder
          help: make the folder, or choose another
    "#]],
    );
}

/// Images of other formats are no programs, which is said of all that are none.
#[test]
fn images_of_other_formats() {
    for (options, found) in [
        (&IMAGE[..], "an arm64 Linux Image of KaaL"),
        (&UIMAGE, "a U-Boot image of KaaL"),
        (&EFI, "a UEFI application of KaaL"),
        (&FIT, "a FIT image of KaaL"),
        (&RAW, "a raw image of KaaL"),
    ] {
        let folder = Folder::new();
        folder.accepted(options);
        folder.put("packed", folder.get("image.elf"));
        for option in ["--app", "--kernel"] {
            let message = folder.refused(&[(option, "packed")]);
            let expected = format!(
                "error: {option} packed: not an ELF file\n  expected: an ELF file for AArch64\n  \
                 found: {found}\n"
            );
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

#[test]
fn a_kernel_is_no_root_task() {
    for base in [ORDINARY_BASE, HYPERVISOR_BASE] {
        let folder = Folder::new();
        folder.put("kernel.elf", programs::kernel(base).to_bytes());
        let message = folder.refused(&[("--app", "kernel.elf")]);
        assert!(message.contains("  found: a seL4 kernel\n"), "{message}");
    }
}

/// `--app` refuses an image, also if it is an ELF file.
#[test]
fn an_image_is_no_root_task() {
    let folder = Folder::new();
    folder.accepted(&ELF);
    folder.put("packed.elf", folder.get("image.elf"));
    expect![[r#"
        error: --app packed.elf: not a root task
          expected: the root task's executable
          found: a bootable image of KaaL
          help: pass the root task's own program, from which images are built
    "#]]
    .assert_eq(&folder.refused(&[("--app", "packed.elf")]));
    for (text, loader) in [
        (
            "ELF-loader started on CPU: ARM Ltd. Cortex-A53",
            "of seL4_tools' elfloader",
        ),
        (
            "LDR|INFO: altloader for seL4 starting",
            "of Microkit's loader",
        ),
        // What a release of Microkit's loader looks for.
        (
            "\u{ad}^\u{de}\u{14}\u{ad}\u{de}\u{14}^",
            "of Microkit's loader",
        ),
        ("sel4_kernel_loader::run", "of rust-sel4's kernel loader"),
    ] {
        let text: Vec<_> = text
            .chars()
            .filter_map(|byte| u8::try_from(byte).ok())
            .collect();
        for segment in 0..2 {
            let mut elf = programs::app();
            let header = &mut elf.headers[segment];
            header.content.extend(&text);
            header.memory_size += text.len() as u64;
            let folder = Folder::new();
            folder.put("other.elf", elf.to_bytes());
            let message = folder.refused(&[("--app", "other.elf")]);
            let found = format!("  found: a bootable image {loader}\n");
            assert!(message.contains(&found), "{message}");
        }
    }
}
