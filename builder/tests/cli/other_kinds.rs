// SPDX-License-Identifier: BSD-2-Clause

//! Tests that each place that takes a file tells what a file of another kind is.

use std::fs::File;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

use crate::common::folder::Folder;
use crate::common::formats::{ELF, IMAGE, RAW, UIMAGE};
use crate::common::programs;
use crate::no_machines::{fit, overlay};
use crate::signing::{LOADER, TRUST};

/// The name of the file of another kind.
const OTHER: &str = "other";

/// A file of another kind, and the names that say so; which one depends on the place.
struct Other {
    content: Vec<u8>,
    names: &'static [&'static str],
}

fn other(content: impl Into<Vec<u8>>, names: &'static [&'static str]) -> Other {
    let content = content.into();
    Other { content, names }
}

/// Zeroes, with `magic` at `offset`.
fn zeroes_with(offset: usize, magic: &[u8]) -> Vec<u8> {
    let mut content = vec![0; 4096];
    content[offset..][..magic.len()].copy_from_slice(magic);
    content
}

fn compressed_and_archived() -> Vec<Other> {
    let begins = |magic: &[u8], names| other(zeroes_with(0, magic), names);
    vec![
        begins(b"\x1f\x8b\x08", &["a gzip file"]),
        begins(b"\xfd7zXZ\0", &["an xz file"]),
        begins(b"BZh9", &["a bzip2 file"]),
        begins(b"\x28\xb5\x2f\xfd", &["a Zstandard file"]),
        begins(b"\x04\x22\x4d\x18", &["an LZ4 file"]),
        begins(b"\x5d\0\0\x80", &["an LZMA file"]),
        begins(b"PK\x03\x04", &["a zip archive"]),
        begins(b"!<arch>\n", &["a static library (ar archive)"]),
        other("070701 is text up to its end", &["a cpio archive"]),
        other(zeroes_with(257, b"ustar"), &["a tar archive"]),
    ]
}

fn images() -> Vec<Other> {
    let mut uimage = 0x2705_1956u32.to_be_bytes().to_vec();
    uimage.resize(128, 0);
    // The size of the content.
    uimage[15] = 64;
    let mut with_stub = zeroes_with(56, b"ARM\x64");
    with_stub[..2].copy_from_slice(b"MZ");
    vec![
        other(overlay(), &["a device tree overlay"]),
        other(fit(), &["a FIT image"]),
        other(uimage, &["a U-Boot image"]),
        other(zeroes_with(0, b"ANDROID!"), &["an Android boot image"]),
        other(zeroes_with(56, b"ARM\x64"), &["an arm64 Linux Image"]),
        other(with_stub, &["an arm64 Linux Image with an EFI stub"]),
        other(zeroes_with(4, b"zimg"), &["a compressed kernel for UEFI"]),
        other(
            zeroes_with(510, b"\x55\xaa"),
            &["a disk with a boot sector"],
        ),
    ]
}

fn other_programs() -> Vec<Other> {
    let mut for_x86 = programs::app();
    for_x86.machine = 62;
    let mut big_endian = programs::app();
    big_endian.endianness = 2;
    let mut object = programs::app();
    object.kind = 1;
    let mut microkit = programs::app().to_bytes();
    microkit.extend(b"\0exception_register_state\0");
    let begins = |magic: &[u8], names| other(zeroes_with(0, magic), names);
    vec![
        other(
            for_x86.to_bytes(),
            &["an ELF program for X86_64", "machine X86_64 (62)"],
        ),
        other(big_endian.to_bytes(), &["an ELF ", "a big-endian file"]),
        other(object.to_bytes(), &["an ELF object file for AARCH64"]),
        other(microkit, &["of Microkit's loader"]),
        begins(b"MZ", &["a Windows or UEFI program (PE)"]),
        begins(b"\xcf\xfa\xed\xfe", &["a Mach-O program"]),
        begins(b"\x64\xaa", &["a COFF object file"]),
        begins(b"BC\xc0\xde", &["LLVM bitcode"]),
        begins(b"\0asm", &["a WebAssembly module"]),
    ]
}

fn texts() -> Vec<Other> {
    vec![
        other("#!/bin/sh\necho\n", &["a script"]),
        other("// A comment.\nint main(void);\n", &["source code"]),
        other("#![no_std]\nextern crate core;\n", &["source code"]),
        other(
            "/* A board */\n/dts-v1/;\n/ { };\n",
            &["the source of a device tree"],
        ),
        other("[ 1, 2 ]\n", &["JSON", "no keys with values"]),
        other("[[package]]\nname = 1\n", &["TOML", "package"]),
        other("<!DOCTYPE html>\n", &["a web page"]),
        other(
            "version https://git-lfs.github.com/spec/v1\n",
            &["a Git LFS pointer"],
        ),
        other("S00600004844521B\n", &["an S-record file"]),
        other("ssh-ed25519 AAAA\n", &["an OpenSSH public key"]),
        other("KaaL 0.1.0: EL1\n", &["a console log"]),
    ]
}

/// All images that the builder makes.
fn own_images() -> Vec<Other> {
    let own = |(options, names): (&[(&str, &str)], _)| {
        let folder = Folder::new();
        folder.accepted(options);
        other(folder.get("image.elf"), names)
    };
    let images: [(&[_], &'static [&'static str]); 4] = [
        (
            &ELF,
            &[
                "an ELF program for AARCH64 of KaaL",
                "a bootable image of KaaL",
            ],
        ),
        (&RAW, &["of KaaL"]),
        (&IMAGE, &["an arm64 Linux Image of KaaL"]),
        (&UIMAGE, &["a U-Boot image of KaaL"]),
    ];
    images.map(own).into()
}

/// Where a file is taken.
struct Place {
    arguments: Vec<&'static str>,
    status: i32,
    /// The kinds that it takes: text, images or programs.
    takes: &'static [&'static str],
}

fn place(arguments: &[&'static str], takes: &'static [&'static str]) -> Place {
    let status = match arguments[0] {
        "--config" | "diff" => 2,
        _ => 1,
    };
    let arguments = arguments.to_vec();
    Place {
        arguments,
        status,
        takes,
    }
}

fn places() -> Vec<Place> {
    let pack = |changes: &[(&'static str, &'static str)]| place(&Folder::arguments(changes), &[]);
    vec![
        pack(&[("--loader", OTHER)]),
        pack(&[("--unpacker", OTHER), ("--format", "raw")]),
        pack(&[("--kernel", OTHER)]),
        pack(&[("--app", OTHER)]),
        pack(&[("--dtb", OTHER)]),
        pack(&[("--platform", OTHER)]),
        pack(&[("--kernel-config", OTHER)]),
        pack(&[LOADER, ("--trust-key", OTHER)]),
        pack(&[LOADER, TRUST, ("--next-key", OTHER)]),
        pack(&[LOADER, TRUST, ("--sign-key", OTHER)]),
        place(&["--config", OTHER], &[]),
        place(&["check", OTHER], &["images"]),
        place(&["check", "image.elf", "--kernel", OTHER], &[]),
        place(&["check", "image.elf", "--loader", OTHER], &[]),
        place(&["check", "image.elf", "--unpacker", OTHER], &[]),
        place(&["check", "image.elf", "--dtb", OTHER], &[]),
        place(&["check", "image.elf", "--platform", OTHER], &[]),
        place(&["check", "image.elf", "--kernel-config", OTHER], &[]),
        place(&["check", "image.elf", "--trust-key", OTHER], &[]),
        place(&["inspect", OTHER], &["images"]),
        place(&["diff", OTHER, "image.elf"], &["images"]),
        place(&["diff", "app.elf", OTHER], &["images", "programs"]),
        place(&["sign", OTHER, "--sign-key", "private.pem"], &["images"]),
        place(&["sign", "image.elf", "--sign-key", OTHER], &[]),
        place(&["sign", "image.elf", "--signature", OTHER], &[]),
        place(&["explain", OTHER, "--app", "app.elf"], &["text"]),
        place(&["explain", "log", "--app", OTHER], &[]),
        place(&["explain", "log", "--kernel", OTHER], &[]),
        place(
            &[
                "keygen",
                "--force",
                "--sign-key",
                "new.pem",
                "--trust-key",
                OTHER,
            ],
            &[],
        ),
    ]
}

/// Checks each of `others` at each place that doesn't take it.
fn check(others: &[Other], taken_by: &str) {
    let folder = crate::signing::folder();
    folder.accepted(&[LOADER, TRUST]);
    folder.put("log", "");
    let mut faults = String::new();
    for Other { content, names } in others {
        folder.put(OTHER, content);
        let files = folder.files();
        for place in places()
            .iter()
            .filter(|place| !place.takes.contains(&taken_by))
        {
            let output = folder.configured("", &place.arguments, &[]);
            let fault = fault(&output, place.status, names);
            if let Some(fault) = fault.or((folder.files() != files).then_some("left files")) {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                faults += &format!("{names:?}, {:?}: {fault}: {said}\n", place.arguments);
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

fn fault(output: &Output, status: i32, names: &[&str]) -> Option<&'static str> {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines();
    let found = lines.find_map(|line| line.strip_prefix("  found: "));
    if output.status.code() != Some(status) {
        Some("another status")
    } else if !found.is_some_and(|found| names.iter().any(|name| found.contains(name))) {
        Some("not named")
    } else {
        (!said.contains("\n  help: ")).then_some("no help")
    }
}

#[test]
fn compressed_files_and_archives() {
    check(&compressed_and_archived(), "");
}

#[test]
fn images_for_boot_loaders() {
    check(&images(), "");
}

#[test]
fn programs_for_others() {
    check(&other_programs(), "programs");
}

#[test]
fn text() {
    check(&texts(), "text");
}

#[test]
fn images_of_kaal() {
    check(&own_images(), "images");
}

/// `explain` takes a log from anywhere, and `keygen` makes new files.
#[test]
fn no_files() {
    let folder = crate::signing::folder();
    folder.accepted(&[LOADER, TRUST]);
    folder.put("log", "");
    let takes_names = |place: &Place| ["explain", "keygen"].contains(&place.arguments[0]);
    for (path, name) in [
        ("-", "standard input"),
        (".", "a folder"),
        ("/dev/null", "a device"),
    ] {
        for place in places().iter().filter(|place| !takes_names(place)) {
            let given = |argument: &&'static str| match *argument {
                OTHER => path,
                other => other,
            };
            let arguments: Vec<_> = place.arguments.iter().map(given).collect();
            let output = folder.configured("", &arguments, &[]);
            let fault = fault(&output, place.status, &[name]);
            assert_eq!(fault, None, "{arguments:?}: {output:?}");
        }
    }
}

#[test]
fn files_for_folders() {
    let folder = Folder::new();
    folder.accepted(&[]);
    for (arguments, status) in [
        (
            ["diff", "image.elf", "image.elf", "--programs", "app.elf"],
            2,
        ),
        (
            [
                "explain",
                "-",
                "--kernel=app.elf",
                "--components",
                "app.elf",
            ],
            1,
        ),
        (
            ["explain", "-", "--kernel=app.elf", "--components", "none"],
            1,
        ),
    ] {
        let output = folder.configured("", &arguments, &[]);
        let fault = fault(&output, status, &["a file", "No such file"]);
        assert_eq!(fault, None, "{output:?}");
    }
}

/// A file of 1 GiB that is no program is told in far less memory.
#[cfg(target_os = "linux")]
#[test]
fn large_files() {
    const SIZE: u64 = 1 << 30;
    let folder = crate::signing::folder();
    folder.accepted(&[LOADER, TRUST]);
    folder.put("log", "");
    let mut for_x86 = programs::app();
    for_x86.machine = 62;
    let too_large = "1073741824 bytes";
    for (content, names, taken_by) in [
        (vec![], ["zeroes", "control characters", too_large], ""),
        (
            for_x86.to_bytes(),
            ["an ELF program for X86_64", "machine X86_64", too_large],
            "programs",
        ),
    ] {
        folder.put(OTHER, &content);
        let file = File::options().write(true).open(folder.path().join(OTHER));
        file.and_then(|file| file.set_len(SIZE))
            .expect("a sparse file");
        for place in places()
            .iter()
            .filter(|place| !place.takes.contains(&taken_by))
        {
            let output = Command::new("sh")
                .args(["-c", "ulimit -v 98304 && exec \"$@\"", "sh"])
                .arg(cargo_bin("kaal-elfloader-builder"))
                .args(&place.arguments)
                .current_dir(folder.path())
                .output()
                .expect("a shell");
            let fault = fault(&output, place.status, &names);
            assert_eq!(fault, None, "{:?}: {output:?}", place.arguments);
        }
    }
}
