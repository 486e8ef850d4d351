// SPDX-License-Identifier: BSD-2-Clause

//! The memory map of a loaded image.

use anstyle::AnsiColor::{self, Blue, BrightBlack, BrightBlue, Cyan, Green, Magenta, Red, Yellow};
use kaal_payload::{MAX_SIZE, PhysRange, RegionKind};

use crate::image_reader::ImageReader;
use crate::memory::holes::Holes;
use crate::memory::ranges;

/// An area of memory.
pub(crate) struct Area {
    /// Its purpose.
    pub(super) name: &'static str,
    /// Colour on a terminal.
    pub(super) terminal: AnsiColor,
    /// Colour in a document.
    pub(super) document: &'static str,
    pub(super) memory: PhysRange,
    /// The parts with content in the file. The rest is zero, or not loaded.
    pub(super) stored: Vec<PhysRange>,
}

impl Area {
    /// Number of bytes with content in the file.
    pub(super) fn stored_size(&self) -> u64 {
        self.stored.iter().map(|range| range.size()).sum()
    }
}

/// The areas of `image`, by ascending address.
pub(super) fn areas(image: &ImageReader<'_>) -> Vec<Area> {
    let payload = image.payload();
    let of_kind = |kind| {
        let regions = payload.regions.iter();
        let regions = regions.filter(move |region| region.kind() == Some(kind));
        ranges::union(regions.filter_map(|region| region.memory()).collect())
    };
    let kernel = of_kind(RegionKind::Kernel);
    let slot = payload.device_tree;
    let slot = Vec::from_iter(PhysRange::from_size(slot.start, slot.capacity));
    let user_image = vec![payload.user_image.memory];
    let loader = vec![image.loader()];
    let header = PhysRange::from_size(image.payload_header().start, MAX_SIZE as u64);
    let header = Vec::from_iter(header);
    let tables = of_kind(RegionKind::TranslationTables);
    let symbols = of_kind(RegionKind::Symbols);
    let scratch = image.package().and_then(|package| package.scratch.memory());
    let scratch = Vec::from_iter(scratch);
    let places = [
        ("kernel", Blue, "#0072b2", kernel),
        ("device tree", Yellow, "#e69f00", slot),
        ("user image", Green, "#009e73", user_image),
        ("loader", Magenta, "#cc79a7", loader),
        ("payload header", Red, "#d55e00", header),
        ("translation tables", Cyan, "#56b4e9", tables),
        ("symbols", BrightBlue, "#f0e442", symbols),
        ("unpacker's work area", BrightBlack, "#999999", scratch),
    ];
    let contents = contents(image);
    let mut areas = Vec::new();
    for (name, terminal, document, places) in places {
        let places = places.into_iter().filter(|memory| !memory.is_empty());
        areas.extend(places.map(|memory| Area {
            name,
            terminal,
            document,
            memory,
            stored: ranges::intersect(&contents, &[memory]),
        }));
    }
    areas.sort_by_key(|area| area.memory);
    areas
}

/// The holes between the root task's contents in the file.
pub(super) fn holes(image: &ImageReader<'_>) -> Holes {
    let contents = ranges::intersect(&contents(image), &[image.payload().user_image.memory]);
    let places = contents.iter().map(|range| (range.start.0, range.end.0));
    Holes::between(&Vec::from_iter(places))
}

/// The memory with content in the file.
fn contents(image: &ImageReader<'_>) -> Vec<PhysRange> {
    let contents = image.extents().iter().map(|extent| extent.filled());
    ranges::union(contents.collect())
}

/// The memory from the start of the first of `areas` to the end of the last.
pub(super) fn range(areas: &[Area]) -> PhysRange {
    let start = areas.iter().map(|area| area.memory.start).min();
    let end = areas.iter().map(|area| area.memory.end).max();
    (start.unwrap_or_default()..end.unwrap_or_default()).into()
}
