// SPDX-License-Identifier: BSD-2-Clause

//! Tests of root tasks that are capDL initialisers of rust-sel4.

use expect_test::expect;

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::programs::filled;

/// Types of program headers: `PT_SEL4_CAPDL_SPEC` and `PT_SEL4_CAPDL_FRAME_DATA`.
pub(crate) const SPECIFICATION: u32 = 0x64c3_4003;
pub(crate) const FRAMES: u32 = 0x64c3_4004;

const START: u64 = 0x20_0000;

/// An initialiser with a specification and frames of these sizes, if any.
pub(crate) fn initialiser(added: &[(u32, u64)]) -> Elf {
    let mut content = filled(0x100);
    content.extend(b"sel4_capdl_initializer::initialize");
    content.resize(0x200, 0);
    for (kind, size) in added {
        // Flags, offset, addresses, sizes and alignment.
        content.extend([kind.to_le_bytes(), 4u32.to_le_bytes()].concat());
        let words = [0, START, START, *size, *size, 1];
        content.extend(words.iter().flat_map(|word: &u64| word.to_le_bytes()));
    }
    content.resize(0x1000, 1);
    let headers = added.iter().map(|(kind, size)| ProgramHeader {
        virt: START,
        ..ProgramHeader::other(*kind, vec![0; *size as usize])
    });
    let load = ProgramHeader::load(ProgramHeader::READ_EXECUTE, START, content, 0x1000);
    let headers = [load].into_iter().chain(headers).collect();
    Elf::new(Elf::EXEC, START + 0x20, headers)
}

/// A folder with this initialiser as the root task.
fn folder(added: &[(u32, u64)]) -> Folder {
    let folder = Folder::new();
    folder.put("app.elf", initialiser(added).to_bytes());
    folder
}

/// The line of `inspect` about the specification.
fn inspected(folder: &Folder) -> Option<String> {
    folder.accepted(&[]);
    let output = folder.command(&["inspect", "image.elf"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with("capDL"));
    line.map(str::to_owned)
}

#[test]
fn with_a_specification() {
    let folder = folder(&[(SPECIFICATION, 0x80), (FRAMES, 0x40)]);
    let line = "capDL             specification of 128 bytes, frames of 64 bytes";
    assert_eq!(inspected(&folder).as_deref(), Some(line));
}

#[test]
fn without_frames() {
    let folder = folder(&[(SPECIFICATION, 0x80)]);
    let line = "capDL             specification of 128 bytes, frames of 0 bytes";
    assert_eq!(inspected(&folder).as_deref(), Some(line));
}

#[test]
fn without_a_specification() {
    let folder = folder(&[]);
    expect![[r#"
        error: --app app.elf: a capDL initialiser without a specification, which panics
          expected: an initialiser with the program header PT_SEL4_CAPDL_SPEC
          found: none
          help: add one with `sel4-capdl-initializer-add-spec -e FILE -f SPEC -d FOLDER -o OUT`, and pass OUT
    "#]].assert_eq(&folder.refused(&[]));
}

#[test]
fn other_root_tasks() {
    assert_eq!(inspected(&Folder::new()), None);
}

/// Bytes like those of a program header, which leads out of the root task.
#[test]
fn malformed_headers() {
    let folder = Folder::new();
    let mut app = initialiser(&[(SPECIFICATION, 0x80)]);
    app.headers[0].content[0x200 + 16] ^= 0xff;
    app.headers[0].content[0x200 + 23] ^= 0xff;
    folder.put("app.elf", app.to_bytes());
    assert_eq!(inspected(&folder), None);
}
