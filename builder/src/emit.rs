// SPDX-License-Identifier: BSD-2-Clause

//! Writing an image as planned.

use crc::{CRC_32_ISCSI, Crc, Table};
use kaal_payload::{
    DeviceTreeSlot, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, PhysRange, Region, RegionKind,
    UserImage,
};

use crate::chunk::{self, Chunk, Piece};
use crate::elf::{Access, Segment};
use crate::executable;
use crate::finding::{Finding, Origin};
use crate::loader::Part;
use crate::memory_map::{Entry, MemoryMap};
use crate::parts::Parts;
use crate::placement::LoaderPlace;
use crate::plan::Plan;
use crate::tables::Tables;

/// The checksum that payload headers use.
const CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The image's file and what lies where in it.
pub(crate) fn emit(parts: &Parts<'_>, plan: &Plan) -> Result<(Vec<u8>, MemoryMap), Finding> {
    let place = LoaderPlace::new(parts, plan.loader.start);
    let tables = place.tables(parts);
    let loader = parts.loader.relocated(place.base);
    let content = Content::new(parts, plan);

    let mut header = [0; MAX_SIZE];
    let regions = regions(&content, &tables);
    let header_size = payload(parts, plan, &place, &tables, &regions)
        .encode(&mut header, |bytes| CRC32C.checksum(bytes))
        .map_err(|error| {
            parts
                .origins
                .app
                .finding("too many segments, with those of the kernel")
                .expected(format!("a payload header of up to {MAX_SIZE} bytes"))
                .found(error.to_string())
                .remedy("link the root task with fewer PT_LOADs")
        })?;

    let pieces = loader
        .iter()
        .map(|part| {
            let start = PhysAddr(place.base.0 + part.offset);
            (start, part.content.as_slice(), part.access)
        })
        .chain([
            (place.header.start, &header[..header_size], Access::READ),
            (place.tables, tables.as_bytes(), Access::READ),
        ])
        .flat_map(|(start, content, access)| chunk::without_zeroes(start, content, access));
    let loader_chunks = chunk::cover(plan.loader, pieces);

    let mut chunks = [
        content.kernel,
        content.device_tree,
        content.user_image,
        loader_chunks,
    ]
    .concat();
    chunks.sort_by_key(|chunk| chunk.memory.start);
    let entry = PhysAddr(place.base.0 + parts.loader.entry);
    let memory_map = memory_map(parts, plan, &loader, &place, &tables);
    Ok((executable::write(entry, &chunks), memory_map))
}

/// What the kernel is entered with in memory, apart from the translation tables.
struct Content<'a> {
    kernel: Vec<Chunk<'a>>,
    device_tree: Vec<Chunk<'a>>,
    user_image: Vec<Chunk<'a>>,
}

impl<'a> Content<'a> {
    fn new(parts: &'a Parts<'a>, plan: &Plan) -> Self {
        let user_image_offset = user_image_offset(parts, plan);
        let device_tree = parts.device_tree.as_ref();
        Self {
            kernel: chunk::cover(
                plan.kernel,
                pieces(&parts.kernel.segments, |segment| segment.phys),
            ),
            device_tree: chunk::cover(
                plan.device_tree,
                [Piece {
                    start: plan.device_tree.start,
                    content: device_tree.map_or(&[], |device_tree| &device_tree.blob),
                    access: Access::READ,
                }],
            ),
            user_image: chunk::cover(
                plan.user_image,
                pieces(&parts.user_image.segments, |segment| {
                    segment.virt.wrapping_add(user_image_offset)
                }),
            ),
        }
    }
}

fn pieces<'a>(
    segments: &[Segment<'a>],
    start: impl Fn(&Segment<'a>) -> u64,
) -> impl Iterator<Item = Piece<'a>> {
    segments.iter().map(move |segment| Piece {
        start: PhysAddr(start(segment)),
        content: segment.content,
        access: segment.access,
    })
}

/// Physical minus virtual address of the user image, modulo 2^64.
fn user_image_offset(parts: &Parts<'_>, plan: &Plan) -> u64 {
    plan.user_image.start.0.wrapping_sub(parts.user_image.start)
}

/// The regions that the loader verifies, ascending.
fn regions(content: &Content<'_>, tables: &Tables) -> Vec<Region> {
    let embedded = |chunk: &&Chunk<'_>| !chunk.content.is_empty();
    let tables = Chunk {
        memory: tables.memory(),
        content: tables.as_bytes(),
        access: Access::READ,
    };
    let kinds = [
        (RegionKind::Kernel, content.kernel.iter().collect()),
        (
            RegionKind::DeviceTree,
            content.device_tree.iter().filter(embedded).collect(),
        ),
        (RegionKind::UserImage, content.user_image.iter().collect()),
        (RegionKind::TranslationTables, vec![&tables]),
    ];
    let mut chunks: Vec<(RegionKind, &Chunk<'_>)> = kinds
        .into_iter()
        .flat_map(|(kind, chunks): (_, Vec<_>)| chunks.into_iter().map(move |chunk| (kind, chunk)))
        .collect();
    chunks.sort_by_key(|(_, chunk)| chunk.memory);
    chunks
        .into_iter()
        .map(|(kind, chunk)| {
            let checksum = CRC32C.checksum(chunk.content);
            Region::in_place(kind, chunk.memory, chunk.content.len() as u64, checksum)
        })
        .collect()
}

fn payload<'a>(
    parts: &Parts<'_>,
    plan: &Plan,
    place: &LoaderPlace,
    tables: &Tables,
    regions: &'a [Region],
) -> Payload<'a> {
    let device_tree = parts.device_tree.as_ref();
    Payload {
        load_address: place.base,
        exception_level: parts.kernel.exception_level,
        cores: parts.config.cores,
        physical_address_bits: parts.config.physical_address_bits,
        log_level: parts.settings.log_level,
        integrity: parts.settings.integrity,
        kernel_entry: parts.kernel.entry,
        user_image: UserImage {
            memory: plan.user_image,
            pv_offset: user_image_offset(parts, plan),
            entry: parts.user_image.entry,
        },
        device_tree: DeviceTreeSlot {
            start: plan.device_tree.start,
            size: device_tree.map_or(0, |device_tree| device_tree.blob.len() as u64),
            capacity: plan.device_tree.size(),
        },
        tables: tables.roots(),
        machine: device_tree
            .map(|device_tree| device_tree.machine)
            .unwrap_or_default(),
        regions,
    }
}

fn memory_map(
    parts: &Parts<'_>,
    plan: &Plan,
    loader: &[Part],
    place: &LoaderPlace,
    tables: &Tables,
) -> MemoryMap {
    let row = |start: u64, size: u64, what, origin: Option<Origin<'_>>| Entry {
        memory: PhysRange {
            start: PhysAddr(start),
            end: PhysAddr(start + size),
        },
        what,
        file: origin.map(|origin| origin.value.to_owned()),
    };
    let origins = parts.origins;
    let kernel = parts.kernel.segments.iter().map(|segment| {
        let what = match (segment.access.is_executable(), segment.access.is_writable()) {
            (true, true) => "kernel",
            (true, false) => "kernel text",
            (false, true) => "kernel data",
            (false, false) => "kernel read-only data",
        };
        row(segment.phys, segment.size, what, Some(origins.kernel))
    });
    let user_image_offset = user_image_offset(parts, plan);
    let user_image = parts.user_image.segments.iter().map(|segment| {
        let what = match (segment.access.is_executable(), segment.access.is_writable()) {
            (true, true) => "user image",
            (true, false) => "user image text",
            (false, true) => "user image data",
            (false, false) => "user image read-only data",
        };
        let start = segment.virt.wrapping_add(user_image_offset);
        row(start, segment.size, what, Some(origins.app))
    });
    let loader = loader.iter().map(|part| {
        let what = match (part.access.is_executable(), part.access.is_writable()) {
            (true, _) => "loader text",
            (false, true) => "loader data",
            (false, false) => "loader read-only data",
        };
        let start = place.base.0 + part.offset;
        row(start, part.size, what, Some(origins.loader))
    });
    let device_tree = row(
        plan.device_tree.start.0,
        plan.device_tree.size(),
        match origins.device_tree {
            Some(_) => "device tree",
            None => "room for a device tree",
        },
        origins.device_tree,
    );
    let header = row(place.header.start.0, PAGE_SIZE, "payload header", None);
    let tables = row(place.tables.0, tables.size(), "translation tables", None);
    MemoryMap::new(
        kernel
            .chain(user_image)
            .chain(loader)
            .chain([device_tree, header, tables])
            .collect(),
    )
}
