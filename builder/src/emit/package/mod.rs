// SPDX-License-Identifier: BSD-2-Clause

//! Packs an image.

mod scratch;

use std::borrow::Cow;

use kaal_payload::{
    Chunk as PackedChunk, Encoding, HEADER_ALIGNMENT, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE,
    PAGE_SIZE, Package, Payload, PhysAddr, PhysRange, Stored, package_header_size, slot_size,
};
use zerocopy::IntoBytes;

use super::image_file::ImageFile;
use crate::diagnostic::Diagnostic;
use crate::format::digest::crc32c;
use crate::format::head::{self, Head};
use crate::format::{
    Compression, FileMap, FileMapEntry, Format, STORED_ALIGNMENT, efi, fit, not_runnable_at, uimage,
};
use crate::layout::plan::Plan;
use crate::memory::chunk::Chunk;
use crate::memory::ranges;
use crate::parts::Parts;
use crate::parts::boot_program::{BootProgram, flatten};

/// Returns the warning about a package without a device tree.
pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Diagnostic> {
    let format = parts.settings.format;
    if format == Format::Elf || parts.device_tree.is_some() {
        return Vec::new();
    }
    let no_console = format
        .origin()
        .diagnostic("the unpacker has no console")
        .expected("the option --dtb, even if the firmware brings a device tree")
        .found("none")
        .remedy("pass a device tree; without one, the unpacker prints no errors");
    vec![no_console]
}

/// Packs `chunks`, which ascend and hold `payload`, with `unpacker`. The unpacker enters the loader at `entry`.
pub(super) fn pack(
    parts: &Parts<'_>,
    plan: &Plan,
    payload: &Payload<'_>,
    unpacker: &BootProgram,
    entry: PhysAddr,
    chunks: &[Chunk<'_>],
) -> Result<ImageFile, Diagnostic> {
    let settings = parts.settings;
    let mut trees = chunks.iter();
    let tree = trees.find(|chunk| chunk.memory == plan.device_tree);
    let tree = tree.map_or(&[][..], |chunk| chunk.content);
    let mut file = before_header(unpacker, settings.format, 0);
    let header = file.len();
    let header_size = package_header_size(chunks.len());
    file.resize(header + header_size, 0);
    let chunks = append(&mut file, chunks, settings.compression);
    file.extend([0; PACKAGE_END.len()]);
    pad(&mut file, settings.format.end_alignment());
    let size = file.len() as u64;
    let end = file.len() - PACKAGE_END.len();
    file[end..].copy_from_slice(&PACKAGE_END);

    file[..header].copy_from_slice(&before_header(unpacker, settings.format, size));
    let scratch = scratch::place(parts, plan, slot_size(unpacker.memory()), size)?;
    if let Some(address) = settings.load_address {
        check_ram(parts, address, size)?;
    }
    let device_tree = parts.device_tree.as_ref();
    let package = Package {
        size,
        scratch,
        entry,
        machine: device_tree.map(|tree| tree.machine).unwrap_or_default(),
        log_level: settings.log_level,
        integrity: settings.integrity,
        unpacker_checksum: crc32c(&file[..header]),
        chunks: &chunks,
    };
    let room = header_size.min(PACKAGE_HEADER_MAX_SIZE);
    package
        .encode(&mut file[header..][..room], crc32c)
        .map_err(|error| too_many_segments(parts, &error.to_string()))?;
    Ok(ImageFile {
        content: match (settings.load_address, &parts.efi_stub) {
            (Some(address), _) if settings.format == Format::Uimage => uimage::wrap(address, file)?,
            (_, Some(stub)) if settings.format == Format::Efi => {
                efi::wrap(&stub_section(stub, &package, header, payload), &file)?
            }
            _ if settings.format == Format::Fit => fit::write(&fit::Files {
                tree,
                kernel: &file,
                key_name: settings.fit_key_name,
            })?,
            _ => file,
        },
        scratch: scratch::describe(scratch),
        map: Some(map(header, &chunks)),
    })
}

/// The bytes of a package before its header: the unpacker, with the head of `format` in place of its
/// ELF header. The package takes `size` bytes.
pub(crate) fn before_header(unpacker: &BootProgram, format: Format, size: u64) -> Vec<u8> {
    let mut bytes = flatten(0, &unpacker.parts);
    pad(&mut bytes, HEADER_ALIGNMENT as usize);
    let memory = unpacker.memory().max(size).next_multiple_of(PAGE_SIZE);
    let head = Head::new(format, unpacker.entry, memory);
    bytes[..head::SIZE].copy_from_slice(head.as_bytes());
    bytes
}

/// The UEFI stub for `package`, which holds `payload` and has its header at the offset `header`; without checksums.
pub(crate) fn stub_section(
    stub: &BootProgram,
    package: &Package<'_>,
    header: usize,
    payload: &Payload<'_>,
) -> Vec<u8> {
    efi::stub_section(
        flatten(0, &stub.parts),
        stub.entry,
        package,
        header,
        payload,
    )
}

/// Checks that a file of `size` bytes at its load address lies in RAM.
fn check_ram(parts: &Parts<'_>, address: PhysAddr, size: u64) -> Result<(), Diagnostic> {
    let usable = parts.memory.usable(parts.kernel.memory);
    let place = PhysRange::from_size(address, size);
    if place.is_some_and(|place| ranges::contains(&usable, place)) {
        return Ok(());
    }
    Err(not_runnable_at(address)
        .expected(format!("{size} bytes of RAM"))
        .found(format!("RAM {}", parts.memory))
        .remedy("pass another address, or none if the firmware chooses it"))
}

/// Appends `chunks` to `file`. Returns how each is stored.
fn append(file: &mut Vec<u8>, chunks: &[Chunk<'_>], compression: Compression) -> Vec<PackedChunk> {
    let stored = chunks.iter().map(|chunk| {
        let compression = match chunk.content.starts_with(&kaal_payload::MAGIC) {
            // Stored uncompressed, so that it can be signed.
            true => Compression::None,
            false => compression,
        };
        let (encoding, content) = store(chunk.content, compression);
        pad(file, STORED_ALIGNMENT);
        let stored = Stored {
            offset: file.len() as u64,
            size: content.len() as u64,
            encoding,
            checksum: crc32c(&content),
        };
        file.extend_from_slice(&content);
        PackedChunk::new(chunk.memory, chunk.content.len() as u64, stored)
    });
    stored.collect()
}

/// Compresses `content`, if it gets smaller.
fn store(content: &[u8], compression: Compression) -> (Encoding, Cow<'_, [u8]>) {
    if compression == Compression::Lz4 {
        let block = lz4_flex::block::compress(content);
        if block.len() < content.len() {
            return (Encoding::Lz4, block.into());
        }
    }
    (Encoding::Identity, content.into())
}

/// Appends zeroes up to a multiple of `alignment`.
fn pad(file: &mut Vec<u8>, alignment: usize) {
    file.resize(file.len().next_multiple_of(alignment), 0);
}

fn too_many_segments(parts: &Parts<'_>, found: &str) -> Diagnostic {
    let app = parts.origins.app;
    app.diagnostic("too many segments, including those of the kernel")
        .expected("a package header that fits a page")
        .found(found)
        .remedy("link the root task with fewer PT_LOADs, or choose --format elf")
}

/// Lists the parts of a package.
fn map(header: usize, chunks: &[PackedChunk]) -> FileMap {
    let made = |what, offset, size| FileMapEntry {
        offset,
        size,
        what,
        memory: None,
    };
    let header_size = package_header_size(chunks.len()) as u64;
    let mut entries = vec![
        made("unpacker", 0, header as u64),
        made("package header", header as u64, header_size),
    ];
    entries.extend(chunks.iter().map(FileMapEntry::of_chunk));
    FileMap(entries)
}
