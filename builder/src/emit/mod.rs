// SPDX-License-Identifier: BSD-2-Clause

//! Writes an image by its plan.

mod image_file;
pub(crate) mod loader;
mod memory_image;
pub(crate) mod package;

pub(crate) use package::warnings;

use std::path::Path;

use kaal_devicetree::Chosen;
use kaal_payload::{
    ConstantPart, DeviceTreeSlot, Integrity, MAX_SIZE, Measurement, Payload, PhysAddr, PhysRange,
    RegionKind, UserImage, key_id,
};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::files::File;
use crate::format::digest::{crc32c, digest};
use crate::format::measurement::measure;
use crate::format::{Format, executable};
use crate::image_reader::ImageReader;
use crate::layout::memory_map::MemoryMap;
use crate::layout::page_tables::Tables;
use crate::layout::placement::LoaderPlace;
use crate::layout::plan::Plan;
use crate::manifest;
use crate::memory::chunk::{self, Chunk, Fragment};
use crate::parts::Parts;
use crate::parts::boot_program::PageSegment;
use crate::rules::Layout;
use crate::signing;
use image_file::ImageFile;

/// A written image.
pub(crate) struct Emitted {
    pub(crate) file: ImageFile,
    /// The loader's entry point.
    pub(crate) entry: PhysAddr,
    pub(crate) measurement: Measurement,
    pub(crate) facts: Value,
    pub(crate) memory_map: MemoryMap,
    /// The layout, for the rules.
    pub(crate) layout: Layout,
}

/// Writes the image.
///
/// # Errors
///
/// Returns an error if the headers are too small for all segments, or if the unpacker has no memory
/// to work in.
pub(crate) fn emit(parts: &Parts<'_>, plan: &Plan) -> Result<Emitted, Diagnostic> {
    let place = LoaderPlace::new(parts, plan.loader.start);
    let tables = place.tables(parts);
    let loader = loader::placed(&parts.loader, place.base);
    let mut pieces = memory_image::programs(parts, plan);
    let user_image = UserImage {
        memory: plan.user_image,
        pv_offset: parts.user_image.offset(plan.user_image),
        entry: parts.user_image.entry,
    };
    let measured = pieces.iter().map(|(_, chunk)| *chunk);
    let measurement = measure(parts.kernel.entry, user_image, measured);
    let device_tree = device_tree(parts, &measurement)?;
    pieces.extend(memory_image::device_tree(parts, plan, &device_tree));

    let integrity = parts.settings.integrity;
    let table = parts.names.table(place.base);
    let symbols = symbols(parts, &tables, &table);
    let made = Chunk {
        memory: tables.memory(),
        content: tables.as_bytes(),
    };
    let made = [
        Some((RegionKind::TranslationTables, made)),
        symbols.map(|symbols| (RegionKind::Symbols, symbols)),
    ];
    let regions = memory_image::regions(pieces.iter().chain(made.iter().flatten()), integrity);
    let mut payload = Payload {
        measurement,
        loader: constant_part(&loader, integrity),
        regions: &regions,
        ..payload(parts, plan, &place, &tables, user_image)
    };
    let layout = Layout::new(&payload, place.header.start);
    let header = encode(parts, &mut payload)?;

    let mut chunks: Vec<_> = pieces.into_iter().map(|(_, chunk)| chunk).collect();
    let loader = loader_fragments(&place, &loader, &header, &tables, symbols);
    chunks.extend(chunk::cover(plan.loader, loader));
    chunks.sort_by_key(|chunk| chunk.memory);

    let entry = PhysAddr(place.base.0 + parts.loader.entry);
    let mut file = write_file(parts, plan, &payload, entry, &chunks)?;
    if parts.settings.format != Format::Elf && parts.trust.is_some() {
        file.content = with_package_digest(parts, &mut payload, &file.content)?;
    }
    let symbols = symbols.map(|symbols| symbols.memory);
    let memory_map = MemoryMap::new(parts, plan, &place, &tables, symbols, &file.scratch);
    let layout = layout.with_scratch(file.scratch.iter().map(|(_, scratch)| *scratch));
    Ok(Emitted {
        file,
        entry,
        measurement,
        facts: manifest::facts(&payload),
        memory_map,
        layout,
    })
}

/// The loader and all that follows it, in ascending order.
fn loader_fragments<'a>(
    place: &LoaderPlace,
    loader: &'a [PageSegment],
    header: &'a [u8],
    tables: &'a Tables,
    symbols: Option<Chunk<'a>>,
) -> impl Iterator<Item = Fragment<'a>> {
    let LoaderPlace {
        base,
        header: header_place,
        tables: tables_start,
    } = *place;
    // One piece, so that it can be signed.
    let header = (header_place.start, header);
    loader
        .iter()
        .flat_map(move |part| chunk::without_zeroes(PhysAddr(base.0 + part.offset), &part.content))
        .chain([header])
        .chain(chunk::without_zeroes(tables_start, tables.as_bytes()))
        .chain(symbols.map(|symbols| (symbols.memory.start, symbols.content)))
}

/// The symbols, which follow the page tables. They are not mapped, because their readers run with
/// translation off.
fn symbols<'a>(parts: &Parts<'_>, tables: &Tables, table: &'a [u8]) -> Option<Chunk<'a>> {
    let memory = PhysRange::from_size(tables.memory().end, parts.names.size())?;
    (!table.is_empty()).then_some(Chunk {
        memory,
        content: table,
    })
}

/// Returns the package `file` with its own digest in the payload header, so that the signature covers
/// what runs before the loader.
fn with_package_digest(
    parts: &Parts<'_>,
    payload: &mut Payload<'_>,
    file: &[u8],
) -> Result<Vec<u8>, Diagnostic> {
    let path = Path::new("");
    let content = file;
    let image = ImageReader::open(File { path, content })?;
    payload.package = image.package_digest();
    image.with_payload_header(&encode(parts, payload)?)
}

/// Encodes the payload header, signed if there is a key.
fn encode(parts: &Parts<'_>, payload: &mut Payload<'_>) -> Result<Vec<u8>, Diagnostic> {
    let mut header = vec![0; MAX_SIZE];
    payload.signature = [0; _];
    let mut size = payload.encode(&mut header, crc32c);
    let trust = parts.trust.as_ref();
    if size.is_ok()
        && let Some(key) = trust.and_then(|trust| trust.signing_key.as_ref())
        && let Some(message) = signing::message(payload, &header)
    {
        payload.signature = signing::sign(key, &message);
        size = payload.encode(&mut header, crc32c);
    }
    let size = size.map_err(|_| {
        let app = parts.origins.app;
        app.diagnostic("too many segments, including those of the kernel")
            .expected(format!("a payload header of up to {MAX_SIZE} bytes"))
            .found(format!(
                "{} bytes, for {} regions and {} bytes of boot arguments",
                payload.size(),
                payload.regions.len(),
                payload.boot_arguments.len()
            ))
            .remedy("link the root task with fewer PT_LOADs, or shorten --bootargs")
    })?;
    header.truncate(size);
    Ok(header)
}

/// The device tree to embed; empty if there is none.
fn device_tree(parts: &Parts<'_>, measurement: &Measurement) -> Result<Vec<u8>, Diagnostic> {
    let chosen = Chosen {
        measurement,
        boot_arguments: &parts.boot_arguments,
    };
    let completed = parts.embedded_tree().map(|tree| tree.complete(&chosen));
    completed.unwrap_or(Ok(Vec::new()))
}

/// The part of the loader that the loader verifies.
fn constant_part(loader: &[PageSegment], integrity: Integrity) -> ConstantPart {
    let memory = loader::constant_part(loader);
    ConstantPart {
        size: memory.len() as u64,
        digest: digest(integrity, &memory),
    }
}

/// The payload header without regions, measurement and the loader's constant part.
fn payload<'a>(
    parts: &'a Parts<'_>,
    plan: &Plan,
    place: &LoaderPlace,
    tables: &Tables,
    user_image: UserImage,
) -> Payload<'a> {
    let device_tree = parts.device_tree.as_ref();
    let trust = parts.trust.as_ref();
    Payload {
        image_version: parts.settings.image_version,
        key_id: trust.map_or(0, |trust| key_id(&trust.signer)),
        signature: [0; _],
        load_address: place.base,
        loader: ConstantPart::default(),
        exception_level: parts.kernel.exception_level,
        cores: parts.cores,
        physical_address_bits: parts.config.physical_address_bits,
        log_level: parts.settings.log_level,
        integrity: parts.settings.integrity,
        kernel_entry: parts.kernel.entry,
        user_image,
        device_tree: DeviceTreeSlot {
            start: plan.device_tree.start,
            size: parts.tree_size(),
            capacity: parts.tree_capacity(),
        },
        tables: tables.roots(),
        machine: device_tree
            .map(|device_tree| device_tree.machine)
            .unwrap_or_default(),
        measurement: Measurement::default(),
        package: Measurement::default(),
        regions: &[],
        cpus: &parts.cpus,
        boot_arguments: &parts.boot_arguments,
    }
}

/// Writes the file that makes the memory `chunks` and enters it at `entry`.
fn write_file(
    parts: &Parts<'_>,
    plan: &Plan,
    payload: &Payload<'_>,
    entry: PhysAddr,
    chunks: &[Chunk<'_>],
) -> Result<ImageFile, Diagnostic> {
    match &parts.unpacker {
        Some(unpacker) if parts.settings.format != Format::Elf => {
            package::pack(parts, plan, payload, unpacker, entry, chunks)
        }
        _ => Ok(ImageFile {
            content: executable::write(entry, chunks),
            scratch: Vec::new(),
            map: None,
        }),
    }
}
