// SPDX-License-Identifier: BSD-2-Clause

//! ELF files that are programs of components, and files that are none.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use goblin::elf::header::{EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC};
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD};
use kaal_broker::Access;
use kaal_program::{Flaw, Program};

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;

/// A program header: type, flags, offset, address, size in the file and in memory.
type Segment = (u32, u32, u64, u64, u64, u64);

/// Where the content of all segments starts.
const CONTENT: u64 = 0x200;
const CODE: Segment = (PT_LOAD, PF_R | PF_X, CONTENT, 0x20_0000, 8, 8);
const DATA: Segment = (PT_LOAD, PF_R | PF_W, CONTENT, 0x20_1000, 4, 0x1800);

/// An ELF file for AArch64 with these segments and 8 bytes of content.
fn elf(segments: &[Segment]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend(ET_EXEC.to_le_bytes());
    file.extend(EM_AARCH64.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    for word in [0x20_0004, HEADER as u64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0; 4]);
    for half in [HEADER, PROGRAM_HEADER, segments.len(), 0, 0, 0] {
        file.extend((half as u16).to_le_bytes());
    }
    for &(kind, flags, offset, address, stored, size) in segments {
        file.extend(kind.to_le_bytes());
        file.extend(flags.to_le_bytes());
        for word in [offset, address, address, stored, size, 0x1000] {
            file.extend(word.to_le_bytes());
        }
    }
    file.resize(file.len().max(CONTENT as usize), 0);
    file.extend(1..=8);
    file
}

fn flaw(file: &[u8]) -> Flaw {
    Program::read(file).unwrap_err()
}

/// Changes a half-word of the header.
fn with_half(offset: usize, half: u16) -> Vec<u8> {
    let mut file = elf(&[CODE]);
    file[offset..offset + 2].copy_from_slice(&half.to_le_bytes());
    file
}

#[test]
fn segments_are_read_with_their_content_and_access() {
    let file = elf(&[CODE, DATA, (PT_LOAD, PF_R, 0, 0x20_3000, 0, 0)]);
    let program = Program::read(&file).unwrap();
    assert_eq!(program.entry, 0x20_0004);
    let [code, data] = &program.segments[..] else {
        panic!("{program:?}");
    };
    assert_eq!(
        (code.address, code.access),
        (0x20_0000, Access::ReadExecute)
    );
    assert_eq!(code.bytes, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!((data.size, data.access), (0x1800, Access::ReadWrite));
    assert_eq!(data.bytes, [1, 2, 3, 4]);
}

#[test]
fn the_rest_of_the_file_is_not_needed() {
    let mut file = elf(&[CODE, DATA]);
    let length = file.len();
    file.extend([0; 100]);
    let program = Program::read(&file).unwrap();
    assert_eq!(program.length, length);
    let needed = Program::read(&file[..length]).unwrap();
    assert_eq!(needed.segments.len(), program.segments.len());
}

#[test]
fn files_that_are_no_programs_are_refused() {
    for file in [&b""[..], b"\x7fELF", &[0; 100]] {
        assert_eq!(flaw(file), Flaw::NotElf);
    }
    let mut big_endian = elf(&[CODE]);
    big_endian[5] = 2;
    assert_eq!(flaw(&big_endian), Flaw::NotElf);
    let kind = |machine, kind| Flaw::Kind { machine, kind };
    assert_eq!(flaw(&with_half(16, ET_DYN)), kind(EM_AARCH64, ET_DYN));
    assert_eq!(flaw(&with_half(18, EM_X86_64)), kind(EM_X86_64, ET_EXEC));
    let interpreter = (PT_INTERP, PF_R, CONTENT, 0, 8, 8);
    assert_eq!(flaw(&elf(&[CODE, interpreter])), Flaw::Dynamic);
}

#[test]
fn files_that_end_early_or_have_many_headers_are_refused() {
    let file = elf(&[CODE]);
    for length in HEADER..file.len() {
        assert_eq!(flaw(&file[..length]), Flaw::Truncated, "{length}");
    }
    let headers = |count, size| Flaw::Headers { count, size };
    assert_eq!(flaw(&with_half(54, 32)), headers(1, 32));
    assert_eq!(flaw(&with_half(56, 65)), headers(65, 56));
    assert_eq!(flaw(&with_half(56, 64)), Flaw::Truncated);
    let far = (CODE.0, CODE.1, u64::MAX, CODE.3, CODE.4, CODE.5);
    assert_eq!(flaw(&elf(&[far])), Flaw::Truncated);
}

#[test]
fn segments_that_break_the_rules_are_refused() {
    let code = |address, stored, size| (PT_LOAD, PF_X, CONTENT, address, stored, size);
    let both = (PT_LOAD, PF_W | PF_X, CONTENT, 0x20_0000, 8, 8);
    assert_eq!(flaw(&elf(&[both])), Flaw::WritableCode(0x20_0000));
    let shared = |address, least| Flaw::SharedPage { address, least };
    let second = (PT_LOAD, PF_W, CONTENT, 0x20_0ff8, 8, 8);
    assert_eq!(flaw(&elf(&[CODE, second])), shared(0x20_0ff8, 0x20_1000));
    assert_eq!(flaw(&elf(&[code(8, 8, 8)])), shared(8, 0x1000));
    let (address, size) = (0x20_0000, u64::MAX - 0x20_0000);
    let too_large = Flaw::TooLarge { address, size };
    assert_eq!(flaw(&elf(&[code(address, 8, size)])), too_large);
    let (length, size) = (8, 4);
    let long = Flaw::LongContent {
        address,
        length,
        size,
    };
    assert_eq!(flaw(&elf(&[code(address, length, size)])), long);
}

#[test]
fn the_entry_point_must_be_in_executable_content() {
    let data = (PT_LOAD, PF_R | PF_W, CONTENT, 0x20_0000, 8, 8);
    let beyond = (PT_LOAD, PF_X, CONTENT, 0x20_0000, 4, 8);
    for segments in [&[][..], &[data], &[beyond]] {
        assert_eq!(flaw(&elf(segments)), Flaw::Entry(0x20_0004));
    }
    assert_eq!(
        Flaw::Entry(0x20_0004).to_string(),
        "the entry point 0x200004 is not in an executable segment; a component declares its main function with \
         `kaal_component::main!`"
    );
}
