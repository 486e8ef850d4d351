// SPDX-License-Identifier: BSD-2-Clause

//! What lies where in memory, once an image is loaded.

use anstyle::AnsiColor::{self, Blue, BrightBlack, BrightBlue, Cyan, Green, Magenta, Red, Yellow};
use kaal_payload::{MAX_SIZE, PhysRange, RegionKind};

use crate::image_reader::ImageReader;
use crate::memory::ranges;

/// An area of memory.
pub(crate) struct Area {
    /// What it is for.
    pub(super) name: &'static str,
    /// Its colour on a terminal.
    pub(super) terminal: AnsiColor,
    /// Its colour in a document.
    pub(super) document: &'static str,
    pub(super) memory: PhysRange,
    /// What of it the file has content for; the rest is zero, or nothing is loaded there.
    pub(super) stored: Vec<PhysRange>,
}

/// All of it, ascending.
pub(crate) struct Picture {
    pub(super) areas: Vec<Area>,
}

impl Area {
    /// Number of bytes that the file has content for.
    pub(super) fn stored_size(&self) -> u64 {
        self.stored.iter().map(|range| range.size()).sum()
    }
}

impl Picture {
    pub(super) fn new(image: &ImageReader<'_>) -> Self {
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
        let contents = image.extents().iter().map(|extent| extent.filled());
        let contents = ranges::union(contents.collect());
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
        Self { areas }
    }

    /// All memory from the first area's start to the last one's end.
    pub(super) fn range(&self) -> PhysRange {
        let starts = self.areas.iter().map(|area| area.memory.start);
        let ends = self.areas.iter().map(|area| area.memory.end);
        PhysRange {
            start: starts.min().unwrap_or_default(),
            end: ends.max().unwrap_or_default(),
        }
    }
}
