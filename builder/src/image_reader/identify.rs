// SPDX-License-Identifier: BSD-2-Clause

//! Describes files that aren't images.

use goblin::elf::header::{EM_AARCH64, ET_CORE, ET_DYN, ET_EXEC, ET_REL, Header, machine_to_str};
use kaal_payload::{LOADER_NOTE_TYPE, MAGIC, PACKAGE_MAGIC, UNPACKER_NOTE_TYPE};

use super::recognise::HEAD_SIZE;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::{first_bytes, note};
use crate::format::device_tree::Content;
use crate::format::{head, uimage};
use crate::sel4::HYPERVISOR_BASE;

/// Known formats: offset, bytes and name.
const FORMATS: [(usize, &[u8], &str); 26] = [
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"\xfd7zXZ\0", "an xz file"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file"),
    (0, b"\x5d\0\0", "an LZMA file"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"!<arch>\n", "a static library (ar archive)"),
    (0, b"070701", "a cpio archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"ANDROID!", "an Android boot image"),
    (0, b"VNDRBOOT", "an Android vendor boot image"),
    (0, b"QFI\xfb", "a QEMU disk (qcow2)"),
    (0, b"hsqs", "a squashfs file system"),
    (0, b"UBI#", "a UBI image"),
    (512, b"EFI PART", "a disk with a GUID partition table"),
    (1080, b"\x53\xef", "an ext2, ext3 or ext4 file system"),
    (0, b"\xfe\xed\xfa\xcf", "a Mach-O program"),
    (0, b"\xcf\xfa\xed\xfe", "a Mach-O program"),
    (0, b"BC\xc0\xde", "LLVM bitcode"),
    (0, b"\0asm", "a WebAssembly module"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"#!", "a script"),
    (510, b"\x55\xaa", "a disk with a boot sector"),
    (0, b"MZ", "a Windows or UEFI program"),
];

/// Texts and numbers near the start of other loaders' images.
const LOADERS: [(&[u8], &str); 4] = [
    (b"ELF-loader started on", "of seL4_tools' elfloader"),
    (b"LDR|INFO", "of Microkit's loader"),
    // The first word of the data for its loader, which prints nothing as a release (`loader/src/loader.c`, `MAGIC`).
    (b"\xad\x5e\xde\x14\xad\xde\x14\x5e", "of Microkit's loader"),
    (b"sel4_kernel_loader", "of rust-sel4's kernel loader"),
];

/// Bytes at a file's start that decide whether it is text.
const TEXT_SIZE: usize = 512;

/// Describes the file that begins with `head`.
pub(super) fn explain(origin: Origin<'_>, head: &[u8]) -> Diagnostic {
    let holds_magic = contains(head, &MAGIC) || contains(head, &PACKAGE_MAGIC);
    // Loader and unpacker contain the magic numbers too.
    let is_damaged = holds_magic && part(head).is_none();
    let diagnostic = match is_damaged {
        true => origin.diagnostic("a KaaL image that is damaged, or from another version"),
        false => origin.diagnostic("not a KaaL image"),
    };
    diagnostic
        .expected("a file that this version's builder wrote: elf, raw, image or uimage")
        .found(describe(head, is_damaged))
        .remedy(match is_damaged {
            true => "build or copy the image again",
            false => "pass the file that --out named",
        })
}

/// Names the kind of the file that begins with `head`, which should be a program.
pub(crate) fn kind_of(head: &[u8]) -> String {
    describe(head, true)
}

/// Names the kind of file. `is_ours` says that it is a damaged image.
fn describe(head: &[u8], is_ours: bool) -> String {
    if head.is_empty() {
        return "an empty file".to_owned();
    }
    let kind = kind(head, is_ours);
    match other_loader(head) {
        Some(loader) => format!("{kind}, an image {loader}"),
        None => kind,
    }
}

/// The other project's loader whose mark is near the start of `content`.
pub(crate) fn other_loader(content: &[u8]) -> Option<&'static str> {
    let head = &content[..content.len().min(HEAD_SIZE as usize)];
    let mut loaders = LOADERS.iter();
    let loader = loaders.find(|(marker, _)| contains(head, marker))?;
    Some(loader.1)
}

fn kind(head: &[u8], is_ours: bool) -> String {
    let content = match is_ours {
        true => "",
        false => " of something else",
    };
    if let Ok(header) = goblin::elf::Elf::parse_header(head) {
        return elf(&header, head);
    }
    if uimage::is_one(head) {
        return format!("a U-Boot image{content}");
    }
    if head::is_image(head) {
        return format!("an arm64 Linux Image{content}");
    }
    if let Some(content) = Content::of(head) {
        return content.name().to_owned();
    }
    let format = FORMATS.iter().find(|(offset, magic, _)| {
        head.get(*offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    });
    if let Some((_, _, name)) = format {
        return (*name).to_owned();
    }
    if head.iter().all(|&byte| byte == 0) {
        return "zeroes".to_owned();
    }
    if is_text(&head[..head.len().min(TEXT_SIZE)]) {
        return "text".to_owned();
    }
    if head::is_entered(head) {
        return "a file that begins with a branch, as raw images do".to_owned();
    }
    let bytes = first_bytes(head, 8);
    format!("a file of unknown kind that begins with {bytes}")
}

fn elf(header: &Header, head: &[u8]) -> String {
    let kind = match header.e_type {
        ET_EXEC | ET_DYN => "program",
        ET_REL => "object file",
        ET_CORE => "core dump",
        _ => "file",
    };
    let machine = machine_to_str(header.e_machine);
    let what = format!("an ELF {kind} for {machine}");
    if header.e_machine != EM_AARCH64 {
        return what;
    }
    let guess = match part(head) {
        Some(part) => part,
        None if header.e_type == ET_EXEC && header.e_entry >= HYPERVISOR_BASE => {
            ": perhaps a seL4 kernel, which is a part of an image"
        }
        None => "",
    };
    format!("{what}{guess}")
}

/// Names the program of KaaL that begins with `head`. Only these are position-independent; images
/// aren't.
fn part(head: &[u8]) -> Option<&'static str> {
    let header = goblin::elf::Elf::parse_header(head).ok()?;
    if (header.e_machine, header.e_type) != (EM_AARCH64, ET_DYN) {
        return None;
    }
    let holds_note = |kind| note::find(head, kind).next().is_some();
    if holds_note(LOADER_NOTE_TYPE) {
        Some(": a KaaL loader, which is a part of an image")
    } else if holds_note(UNPACKER_NOTE_TYPE) {
        Some(": a KaaL unpacker, which is a part of an image")
    } else {
        None
    }
}

/// Whether `bytes` are the start of a text in UTF-8.
fn is_text(bytes: &[u8]) -> bool {
    let valid = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid
        .chars()
        .any(|letter| letter.is_control() && !letter.is_whitespace())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
