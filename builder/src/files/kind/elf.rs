// SPDX-License-Identifier: BSD-2-Clause

//! Names ELF files.

use goblin::elf::header::{
    EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFDATA2MSB, EM_AARCH64, ET_CORE, ET_DYN, ET_EXEC,
    ET_REL, Header, machine_to_str,
};
use kaal_payload::{LOADER_NOTE_TYPE, STUB_NOTE_TYPE, UNPACKER_NOTE_TYPE};

use crate::elf::note;
use crate::sel4::HYPERVISOR_BASE;

/// The name of the ELF file with `header` that begins with `head`.
pub(super) fn name(header: &Header, head: &[u8]) -> String {
    let kind = match header.e_type {
        ET_EXEC | ET_DYN => "program",
        ET_REL => "object file",
        ET_CORE => "core dump",
        _ => "file",
    };
    let order = match header.e_ident[EI_DATA] {
        ELFDATA2MSB => "big-endian ",
        _ => "",
    };
    let what = format!(
        "an ELF {kind} for {order}{}",
        machine_to_str(header.e_machine)
    );
    match part(head) {
        Some(part) => format!("{what}, {part}"),
        None if is_like_sel4(header) => format!("{what}, perhaps a seL4 kernel"),
        None => what,
    }
}

/// Whether the file that begins with `head` can be a program for AArch64.
pub(crate) fn is_program(head: &[u8]) -> bool {
    let Ok(header) = goblin::elf::Elf::parse_header(head) else {
        return false;
    };
    let ident = header.e_ident;
    (ident[EI_CLASS], ident[EI_DATA]) == (ELFCLASS64, ELFDATA2LSB)
        && header.e_machine == EM_AARCH64
        && ![ET_REL, ET_CORE].contains(&header.e_type)
}

/// Whether a program is entered where seL4 maps itself.
fn is_like_sel4(header: &Header) -> bool {
    header.e_machine == EM_AARCH64 && header.e_type == ET_EXEC && header.e_entry >= HYPERVISOR_BASE
}

/// Names the program of KaaL that begins with `head`. Only these are position-independent; images aren't.
pub(super) fn part(head: &[u8]) -> Option<&'static str> {
    let header = goblin::elf::Elf::parse_header(head).ok()?;
    if (header.e_machine, header.e_type) != (EM_AARCH64, ET_DYN) {
        return None;
    }
    let holds_note = |kind| note::find(head, kind).next().is_some();
    if holds_note(LOADER_NOTE_TYPE) {
        Some("a KaaL loader")
    } else if holds_note(UNPACKER_NOTE_TYPE) {
        Some("a KaaL unpacker")
    } else if holds_note(STUB_NOTE_TYPE) {
        Some("a KaaL UEFI stub")
    } else {
        None
    }
}
