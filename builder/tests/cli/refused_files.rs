// SPDX-License-Identifier: BSD-2-Clause

//! Tests of missing files, files of the wrong kind, and files given to each other's options.

use std::os::unix::net::UnixListener;
use std::process::Command;

use expect_test::{Expect, expect};

use crate::common::folder::Folder;
use crate::common::formats::ELF;

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

/// `--app` refuses an image.
#[test]
fn an_image_is_no_root_task() {
    let folder = Folder::new();
    folder.accepted(&ELF);
    let image = folder.get("image.elf");
    folder.put("packed.elf", image);
    expect![[r#"
        error: --app packed.elf: not a root task
          expected: the root task's executable
          found: an image from this builder
          help: pass the root task's program; `inspect` shows the image
    "#]]
    .assert_eq(&folder.refused(&[("--app", "packed.elf")]));
}
