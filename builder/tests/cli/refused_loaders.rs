// SPDX-License-Identifier: BSD-2-Clause

//! Tests of invalid loaders.

use expect_test::{Expect, expect};
use kaal_payload::{TRUST_NOTE_TYPE, TrustAnchor};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::programs;

fn check(elf: &Elf, expected: Expect) {
    let folder = Folder::new();
    folder.put("loader.elf", elf.to_bytes());
    expected.assert_eq(&folder.refused(&[]));
}

#[test]
fn static_library() {
    let folder = Folder::new();
    folder.put("libloader.a", b"!<arch>\nlib.o/");
    expect![[r#"
        error: --loader libloader.a: not an ELF file
          expected: an ELF file for AArch64
          found: a static library (ar archive)
          help: pass the linked program, not a raw image or text; link its objects into a program
    "#]]
    .assert_eq(&folder.refused(&[("--loader", "libloader.a")]));
}

#[test]
fn another_program() {
    let mut elf = programs::loader();
    elf.headers.pop();
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: not a KaaL loader
          expected: an ELF note of the owner "KaaL", type 1
          found: no such note
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn another_version() {
    check(
        &programs::loader_of_version(7),
        expect![[r#"
            error: --loader loader.elf: a KaaL loader of another version
              expected: payload version 4
              found: payload version 7
              help: use loader and builder of the same version of KaaL
        "#]],
    );
}

#[test]
fn fixed_addresses() {
    let mut elf = programs::loader();
    elf.kind = Elf::EXEC;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: a static position-independent executable (DYN)
          found: EXEC
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn not_at_zero() {
    let mut elf = programs::loader();
    for header in &mut elf.headers {
        header.virt += 0x1000;
    }
    elf.entry += 0x1000;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: a first PT_LOAD at address 0
          found: one at 0x1000
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn segments_that_share_a_page() {
    let mut elf = programs::loader();
    elf.headers[2].virt = 0x1800;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: PT_LOADs that begin at multiples of 4096
          found: one at 0x1800
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn writable_text() {
    let mut elf = programs::loader();
    elf.headers[1].flags = ProgramHeader::READ_WRITE_EXECUTE;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: no PT_LOAD both writable and executable
          found: one at 0x1000
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn nothing_constant() {
    let mut elf = programs::loader();
    elf.headers[0].flags = ProgramHeader::READ_WRITE;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: a first PT_LOAD without the flag W, so that it can be verified
          found: one with it
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn entered_between_instructions() {
    let mut elf = programs::loader();
    elf.entry += 2;
    check(
        &elf,
        expect![[r#"
            error: --loader loader.elf: its entry point lies within an instruction
              expected: a multiple of 4
              found: entry point 0x100a
              help: link it with the right ENTRY symbol
        "#]],
    );
}

#[test]
fn too_large() {
    let mut elf = programs::loader();
    elf.headers[2].memory_size = 2 << 20;
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: at most 2 MiB of memory
          found: 2105344 bytes
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn relocation_of_zeroed_memory() {
    check(
        &programs::loader_with_relocation(0x201a),
        expect![[r#"
            error: --loader loader.elf: it has a relocation outside of its content
              expected: relocations of words that the file holds
              found: a relocation at 0x201a
              help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
        "#]],
    );
}

#[test]
fn relocations_outside_the_file() {
    let mut elf = programs::loader();
    elf.headers[0].content.truncate(7);
    check(
        &elf,
        expect![[r#"
            error: --loader loader.elf: its relocations lie outside of its content
              expected: relocations within a PT_LOAD
              found: 8 bytes at 0x0
              help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
        "#]],
    );
}

#[test]
fn relocations_of_another_format() {
    let mut elf = programs::loader();
    let notes = &mut elf.headers[3].content;
    let kind = notes.len() - 20;
    notes[kind] += 1;
    check(
        &elf,
        expect![[r#"
            error: --loader loader.elf: a KaaL loader of the wrong shape
              expected: an ELF note that names its relocations
              found: no such note
              help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
        "#]],
    );
}

#[test]
fn key_note_outside_of_all_segments() {
    const TRUST_ANCHOR_SIZE: usize = size_of::<TrustAnchor>();
    let mut note = Vec::new();
    for word in [5, TRUST_ANCHOR_SIZE as u32, TRUST_NOTE_TYPE] {
        note.extend(word.to_le_bytes());
    }
    note.extend(b"KaaL\0\0\0\0");
    note.resize(note.len() + TRUST_ANCHOR_SIZE, 0);
    let mut elf = programs::loader();
    elf.headers.push(ProgramHeader {
        virt: 0x1000_0000,
        ..ProgramHeader::other(4, note)
    });
    check(
        &elf,
        expect![[r#"
        error: --loader loader.elf: a KaaL loader of the wrong shape
          expected: the note for the trusted key within a PT_LOAD
          found: a note at 0x10000014
          help: pass target/kaal/elfloader.elf, which `cargo xtask build` makes
    "#]],
    );
}
