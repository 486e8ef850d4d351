// SPDX-License-Identifier: BSD-2-Clause

//! Tests that programs without their code are refused: their headers look like those of complete ones.

use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::programs::{self, ORDINARY_BASE};

const NOBITS: u32 = 8;

/// Flags of a section with code: `SHF_ALLOC` and `SHF_EXECINSTR`.
const CODE: u64 = 2 | 4;

/// `elf` with one section of `kind` for the code at its entry point, as `objcopy --only-keep-debug` leaves it.
fn with_section(elf: &Elf, kind: u32) -> Vec<u8> {
    let mut file = elf.to_bytes();
    let table = file.len() as u64;
    file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
    file[0x3a..0x3c].copy_from_slice(&64u16.to_le_bytes());
    file[0x3c..0x3e].copy_from_slice(&1u16.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    file.extend(kind.to_le_bytes());
    for word in [CODE, elf.entry - 4, 0, 8] {
        file.extend(word.to_le_bytes());
    }
    file.resize(table as usize + 64, 0);
    file
}

/// All programs, by their options.
fn all() -> [(&'static str, Elf); 4] {
    [
        ("--app", programs::app()),
        ("--kernel", programs::kernel(ORDINARY_BASE)),
        ("--loader", programs::loader()),
        ("--unpacker", programs::unpacker()),
    ]
}

/// What is said of each program without its code.
const EXPECTED: &str = "\
error: OPTION bad.elf: lacks its own code
  expected: the code at the entry point, in the file
  found: a file of debug information only
  help: pass the linked program, or what `llvm-strip` leaves of it; `llvm-objcopy --only-keep-debug` keeps only debug \
information
";

#[test]
fn debug_information_only() {
    for (option, elf) in all() {
        let folder = Folder::new();
        let refused = |file: Vec<u8>| {
            folder.put("bad.elf", file);
            folder
                .refused(&[(option, "bad.elf")])
                .replace(option, "OPTION")
        };
        let message = refused(with_section(&elf, NOBITS));
        assert_eq!(message, EXPECTED);
        // GNU's objcopy cuts the file, but not what the headers say.
        let mut cut = elf.clone();
        cut.headers[0].content.clear();
        let mut file = with_section(&cut, NOBITS);
        file[0x60..0x68].copy_from_slice(&0x10_0000u64.to_le_bytes());
        assert_eq!(refused(file), message);
    }
}

#[test]
fn code_that_the_file_lacks() {
    for (option, mut elf) in all() {
        let code = elf
            .headers
            .iter_mut()
            .find(|header| (header.virt..header.virt + header.memory_size).contains(&elf.entry));
        let code = code.expect("code");
        code.content.truncate((elf.entry - code.virt) as usize);
        let folder = Folder::new();
        folder.put("bad.elf", elf.to_bytes());
        let message = folder.refused(&[(option, "bad.elf")]);
        let found = format!(
            "found: no content in the file for the entry point {:#x}\n",
            elf.entry
        );
        assert!(message.contains("lacks its own code\n"), "{message}");
        assert!(message.contains(&found), "{message}");
    }
}

#[test]
fn sections_of_complete_programs_do_no_harm() {
    const PROGBITS: u32 = 1;
    let folder = Folder::new();
    folder.put("app.elf", with_section(&programs::app(), PROGBITS));
    assert_eq!(folder.accepted(&[]), "");
    let mut file = with_section(&programs::app(), NOBITS);
    // A table outside of the file.
    file[0x2f] = 0xff;
    folder.put("app.elf", file);
    assert_eq!(folder.accepted(&[]), "");
}
