// SPDX-License-Identifier: BSD-2-Clause

//! Writing an image as planned.

use kaal_machine::Chosen;
use kaal_payload::{
    ConstantPart, DeviceTreeSlot, Integrity, MAX_SIZE, Measurement, Payload, PhysAddr, PhysRange,
    Region, UserImage,
};

use crate::chunk::Chunk;
use crate::content::Content;
use crate::digest::{crc32c, digest};
use crate::elf::Access;
use crate::finding::Finding;
use crate::firmware::Part;
use crate::format::File;
use crate::measurement::measure;
use crate::memory_map::MemoryMap;
use crate::parts::Parts;
use crate::placement::LoaderPlace;
use crate::plan::Plan;
use crate::tables::Tables;
use crate::{chunk, format};

/// The image's file, its measurement and what lies where in it.
pub(crate) fn emit(
    parts: &Parts<'_>,
    plan: &Plan,
) -> Result<(File, Measurement, MemoryMap), Finding> {
    let place = LoaderPlace::new(parts, plan.loader.start);
    let tables = place.tables(parts);
    let loader = parts.loader.relocated(place.base);
    let programs = Content::new(parts, plan);
    let user_image = user_image(parts, plan);
    let measurement = measure(parts.kernel.entry, user_image, programs.chunks());
    let device_tree = device_tree(parts, &measurement)?;
    let content = programs.with_device_tree(plan, &device_tree);

    let integrity = parts.settings.integrity;
    let table = parts.names.table(place.base);
    let symbols = symbols(parts, &tables, &table);
    let regions = content.regions(&tables, symbols.as_ref(), integrity);
    let mut header = [0; MAX_SIZE];
    let payload = Payload {
        measurement,
        loader: constant_part(&loader, integrity),
        ..payload(parts, plan, &place, &tables, &regions)
    };
    let header_size = payload
        .encode(&mut header, crc32c)
        .map_err(|_| header_too_large(parts, &payload))?;

    let loader_pieces = loader
        .iter()
        .map(|part| {
            let start = PhysAddr(place.base.0 + part.offset);
            (start, part.content.as_slice(), part.access)
        })
        .chain([
            (place.header.start, &header[..header_size], Access::READ),
            (place.tables, tables.as_bytes(), Access::READ),
        ])
        .chain(
            symbols
                .iter()
                .map(|symbols| (symbols.memory.start, symbols.content, symbols.access)),
        )
        .flat_map(|(start, content, access)| chunk::without_zeroes(start, content, access));
    let mut chunks = content.into_chunks();
    chunks.extend(chunk::cover(plan.loader, loader_pieces));
    chunks.sort_by_key(|chunk| chunk.memory);

    let entry = PhysAddr(place.base.0 + parts.loader.entry);
    let file = format::write(parts, plan, entry, &chunks)?;
    let symbols = symbols.map(|symbols| symbols.memory);
    let memory_map = MemoryMap::new(parts, plan, &place, &tables, symbols, &file.work);
    Ok((file, measurement, memory_map))
}

/// The symbols, which lie behind everything else, and are not mapped: whoever reads them has turned
/// translation off.
fn symbols<'a>(parts: &Parts<'_>, tables: &Tables, table: &'a [u8]) -> Option<Chunk<'a>> {
    let memory = PhysRange::from_size(tables.memory().end, parts.names.size())?;
    (!table.is_empty()).then_some(Chunk {
        memory,
        content: table,
        access: Access::READ,
    })
}

fn header_too_large(parts: &Parts<'_>, payload: &Payload<'_>) -> Finding {
    parts
        .origins
        .app
        .finding("too many segments, with those of the kernel")
        .expected(format!("a payload header of up to {MAX_SIZE} bytes"))
        .found(format!(
            "{} bytes, for {} regions and {} bytes of boot arguments",
            payload.size(),
            payload.regions.len(),
            payload.boot_arguments.len()
        ))
        .remedy("link the root task with fewer PT_LOADs, or shorten --bootargs")
}

/// The device tree to embed; empty where there is none.
fn device_tree(parts: &Parts<'_>, measurement: &Measurement) -> Result<Vec<u8>, Finding> {
    let chosen = Chosen {
        measurement,
        boot_arguments: &parts.boot_arguments,
    };
    match &parts.device_tree {
        Some(device_tree) => device_tree.complete(&chosen),
        None => Ok(Vec::new()),
    }
}

fn user_image(parts: &Parts<'_>, plan: &Plan) -> UserImage {
    UserImage {
        memory: plan.user_image,
        pv_offset: parts.user_image.offset(plan.user_image),
        entry: parts.user_image.entry,
    }
}

/// What the loader verifies of itself: all that lies before its first writable part.
fn constant_part(loader: &[Part], integrity: Integrity) -> ConstantPart {
    let mut memory = Vec::new();
    for part in loader.iter().take_while(|part| !part.access.is_writable()) {
        memory.resize(part.offset as usize, 0);
        memory.extend_from_slice(&part.content);
    }
    ConstantPart {
        size: memory.len() as u64,
        digest: digest(integrity, &memory),
    }
}

/// The payload header, but for the measurement and what the loader verifies of itself.
fn payload<'a>(
    parts: &'a Parts<'_>,
    plan: &Plan,
    place: &LoaderPlace,
    tables: &Tables,
    regions: &'a [Region],
) -> Payload<'a> {
    let device_tree = parts.device_tree.as_ref();
    Payload {
        image_version: 0,
        key_id: 0,
        signature: [0; _],
        load_address: place.base,
        loader: ConstantPart::default(),
        exception_level: parts.kernel.exception_level,
        cores: parts.cores,
        physical_address_bits: parts.config.physical_address_bits,
        log_level: parts.settings.log_level,
        integrity: parts.settings.integrity,
        kernel_entry: parts.kernel.entry,
        user_image: user_image(parts, plan),
        device_tree: DeviceTreeSlot {
            start: plan.device_tree.start,
            size: device_tree.map_or(0, |device_tree| device_tree.size),
            capacity: plan.device_tree.size(),
        },
        tables: tables.roots(),
        machine: device_tree
            .map(|device_tree| device_tree.machine)
            .unwrap_or_default(),
        measurement: Measurement::default(),
        regions,
        cpus: &parts.cpus,
        boot_arguments: &parts.boot_arguments,
    }
}
