// SPDX-License-Identifier: BSD-2-Clause

//! Tests of impossible formats, and of options that contradict a format.

use expect_test::{Expect, expect};

use crate::common::device_tree::DeviceTree;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::formats::EFI;
use crate::common::programs::{self, filled};

const UNPACKER: (&str, &str) = ("--unpacker", "unpacker.elf");

fn check(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&Folder::new().refused(changes));
}

fn check_usage(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&Folder::misused(changes));
}

fn check_unpacker(elf: &Elf, expected: Expect) {
    let folder = Folder::new();
    folder.put("unpacker.elf", elf.to_bytes());
    expected.assert_eq(&folder.refused(&[UNPACKER, ("--format", "raw")]));
}

#[test]
fn compression_of_an_elf_file() {
    check_usage(
        &[("--compress", "lz4")],
        expect![[r#"
            error: --compress lz4: not for an ELF file, whose segments lie where they are used
              expected: --format raw, uimage, image, efi or fit
              found: --format elf (default)
              help: leave the option out, or choose another format
        "#]],
    );
}

#[test]
fn load_address_of_an_elf_file() {
    check_usage(
        &[("--load-address", "0x40000000")],
        expect![[r#"
            error: --load-address 0x40000000: not for an ELF file, whose segments lie where they are used
              expected: --format raw, uimage or image
              found: --format elf (default)
              help: leave the option out, or choose another format
        "#]],
    );
}

#[test]
fn no_unpacker() {
    check_usage(
        &[("--format", "image")],
        expect![[r#"
        error: --format image: needs an unpacker
          expected: the option --unpacker
          found: none
          help: pass target/kaal/unpacker.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn no_stub() {
    check_usage(
        &[UNPACKER, ("--format", "efi")],
        expect![[r#"
            error: --format efi: needs a UEFI stub
              expected: the option --efi-stub
              found: none
              help: pass target/kaal/efi-stub.elf, which `cargo xtask build` makes
        "#]],
    );
}

#[test]
fn load_address_of_a_uefi_application() {
    let stub = ("--efi-stub", "efi-stub.elf");
    check_usage(
        &[
            UNPACKER,
            stub,
            ("--format", "efi"),
            ("--load-address", "0x40000000"),
        ],
        expect![[r#"
            error: --load-address 0x40000000: not for this format, for which the firmware chooses the address
              expected: --format raw, uimage or image
              found: --format efi
              help: leave the option out, or choose another format
        "#]],
    );
}

#[test]
fn key_names() {
    let key = |name| ("--fit-key-name", name);
    check_usage(
        &[UNPACKER, ("--format", "image"), key("dev")],
        expect![[r#"
            error: --fit-key-name dev: only a FIT image names the key to sign it with
              expected: --format fit
              found: --format image
              help: leave the option out, or choose this format
        "#]],
    );
    let long = "k".repeat(28);
    for name in ["../dev", "ключ", &long] {
        let message = Folder::misused(&[UNPACKER, ("--format", "fit"), key(name)]);
        assert!(message.contains("not the name of a key"), "{message}");
    }
    check_usage(
        &[UNPACKER, ("--format", "fit"), key("a key")],
        expect![[r#"
            error: --fit-key-name a key: not the name of a key
              expected: at most 27 letters, digits, - and _
              found: "a key"
              help: pass the name of the files in mkimage's -k folder, without .key and .crt
        "#]],
    );
}

#[test]
fn stubs_that_something_must_write_to() {
    let check_stub = |elf: &Elf, expected: Expect| {
        let folder = Folder::new();
        folder.put("efi-stub.elf", elf.to_bytes());
        expected.assert_eq(&folder.refused(&EFI));
    };
    let mut stub = programs::efi_stub();
    let variables = ProgramHeader::load(ProgramHeader::READ_WRITE, 0x1000, filled(8), 8);
    stub.headers.insert(1, variables);
    check_stub(
        &stub,
        expect![[r#"
        error: --efi-stub efi-stub.elf: a KaaL UEFI stub of the wrong shape
          expected: neither variables nor relocations
          found: a writable PT_LOAD at 0x1000
          help: pass target/kaal/efi-stub.elf, which `cargo xtask build` makes
    "#]],
    );
    let mut stub = programs::efi_stub();
    // The number of bytes of relocations is the last word of the notes.
    let notes = &mut stub.headers[1].content;
    let size = notes.len() - 4;
    notes[size] = 8;
    check_stub(
        &stub,
        expect![[r#"
        error: --efi-stub efi-stub.elf: a KaaL UEFI stub of the wrong shape
          expected: neither variables nor relocations
          found: relocations
          help: pass target/kaal/efi-stub.elf, which `cargo xtask build` makes
    "#]],
    );
    let mut stub = programs::efi_stub();
    stub.headers[0].memory_size = 0x1_0001;
    check_stub(
        &stub,
        expect![[r#"
        error: --efi-stub efi-stub.elf: a KaaL UEFI stub of the wrong shape
          expected: at most 64 KiB of memory
          found: 65537 bytes
          help: pass target/kaal/efi-stub.elf, which `cargo xtask build` makes
    "#]],
    );
    check_stub(
        &programs::unpacker(),
        expect![[r#"
        error: --efi-stub efi-stub.elf: not a KaaL UEFI stub
          expected: an ELF note of the owner "KaaL", type 5
          found: no such note
          help: pass target/kaal/efi-stub.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn uimage_without_an_address() {
    check_usage(
        &[UNPACKER, ("--format", "uimage")],
        expect![[r#"
            error: --format uimage: needs a load address
              expected: the option --load-address
              found: none
              help: pass a multiple of 0x200000 that is RAM, like 0x42000000 on QEMU's virt
        "#]],
    );
}

#[test]
fn misaligned_addresses() {
    let changes = |format, address| [UNPACKER, ("--format", format), ("--load-address", address)];
    check_usage(
        &changes("raw", "0x42000010"),
        expect![[r#"
            error: --load-address 0x42000010: the image can't run at this address
              expected: a multiple of 0x1000, because of --format raw
              found: 0x42000010
              help: pass another address
        "#]],
    );
    check_usage(
        &changes("image", "0x42001000"),
        expect![[r#"
            error: --load-address 0x42001000: the image can't run at this address
              expected: a multiple of 0x200000, because of --format image
              found: 0x42001000
              help: pass another address
        "#]],
    );
    let folder = Folder::new();
    folder.accepted(&changes("raw", "0x42001000"));
    for address in ["0x42001000", "0x42100000"] {
        let message = Folder::misused(&changes("uimage", address));
        assert!(message.contains("a multiple of 0x200000"), "{message}");
    }
}

#[test]
fn addresses_outside_ram() {
    let changes = |address| [UNPACKER, ("--format", "image"), ("--load-address", address)];
    check(
        &changes("0x0"),
        expect![[r#"
            error: --load-address 0x0: the image can't run at this address
              expected: 15888 bytes of RAM
              found: RAM 0x40000000..0x50000000 (--dtb kernel.dtb)
              help: pass another address, or none if the firmware chooses it
        "#]],
    );
    for address in ["0x3fe00000", "0x50000000", "0xffffffffffe00000"] {
        let message = Folder::new().refused(&changes(address));
        assert!(message.contains("bytes of RAM"), "{message}");
    }
}

/// The image's end counts as well as its start.
#[test]
fn addresses_at_the_end_of_ram() {
    let folder = Folder::new();
    let device_tree = DeviceTree::with_ram(0x1020_1000);
    folder.put("kernel.dtb", device_tree.to_bytes());
    let at = |address| [UNPACKER, ("--format", "image"), ("--load-address", address)];
    folder.accepted(&at("0x50000000"));
    let message = folder.refused(&at("0x50200000"));
    assert!(message.contains("bytes of RAM"), "{message}");
}

#[test]
fn uimage_above_4_gib() {
    check_usage(
        &[
            UNPACKER,
            ("--format", "uimage"),
            ("--load-address", "0x100000000"),
        ],
        expect![[r#"
            error: --load-address 0x100000000: the image can't run at this address
              expected: an address of 32 bits, because of --format uimage
              found: 0x100000000
              help: pass an address below 4 GiB, or choose --format image
        "#]],
    );
}

#[test]
fn no_room_to_unpack() {
    let folder = Folder::new();
    folder.put("kernel.dtb", DeviceTree::with_ram(0x80_0000).to_bytes());
    expect![[r#"
        error: --format image: no room in RAM for the unpacker's working memory
          expected: 4816896 free bytes in one piece below 0x7fc0000000
          found: RAM 0x40000000..0x40800000 (--dtb kernel.dtb)
          help: choose --format elf, which needs no unpacker, or pass a platform with more RAM
    "#]]
    .assert_eq(&folder.refused(&[UNPACKER, ("--format", "image")]));
    folder.accepted(&[]);
}

#[test]
fn too_many_segments() {
    let folder = Folder::new();
    let segments = (0..100).map(|index| {
        let address = 0x20_0000 + index * 0x1000;
        ProgramHeader::load(ProgramHeader::READ_EXECUTE, address, filled(16), 16)
    });
    let app = Elf::new(Elf::EXEC, 0x20_0000, segments.collect());
    folder.put("app.elf", app.to_bytes());
    folder.accepted(&[]);
    expect![[r#"
        error: --app app.elf: too many segments, including those of the kernel
          expected: a package header that fits a page
          found: package header: 5528 bytes expected, 4096 found
          help: link the root task with fewer PT_LOADs, or choose --format elf
    "#]]
    .assert_eq(&folder.refused(&[UNPACKER, ("--format", "image")]));
}

#[test]
fn another_program() {
    check(
        &[("--unpacker", "loader.elf"), ("--format", "raw")],
        expect![[r#"
            error: --unpacker loader.elf: not a KaaL unpacker
              expected: an ELF note of the owner "KaaL", type 2
              found: no such note
              help: pass target/kaal/unpacker.elf, which `cargo xtask build` makes
        "#]],
    );
    check(
        &[("--loader", "unpacker.elf")],
        expect![[r#"
        error: --loader unpacker.elf: not a KaaL loader
          expected: an ELF note of the owner "KaaL", type 1
          found: no such note
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn another_version() {
    check_unpacker(
        &programs::unpacker_of_version(7),
        expect![[r#"
            error: --unpacker unpacker.elf: a KaaL unpacker of another version
              expected: package version 2
              found: package version 7
              help: use unpacker and builder of the same version of KaaL
        "#]],
    );
}

#[test]
fn unpacker_without_room_for_a_header() {
    let mut unpacker = programs::unpacker();
    unpacker.headers[0].content[0] = 0;
    check_unpacker(
        &unpacker,
        expect![[r#"
        error: --unpacker unpacker.elf: a KaaL unpacker of the wrong shape
          expected: a first PT_LOAD that begins with the file's header
          found: other content
          help: pass target/kaal/unpacker.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn equal_to_the_unpacker() {
    check(
        &[UNPACKER, ("--out", "unpacker.elf")],
        expect![[r#"
        error: --out unpacker.elf: would replace an input
          expected: a file that isn't an input
          found: --unpacker unpacker.elf
          help: choose another name
    "#]],
    );
}
