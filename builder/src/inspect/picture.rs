// SPDX-License-Identifier: BSD-2-Clause

//! What lies where in memory, once an image is loaded.

use kaal_payload::{MAX_SIZE, PhysRange, RegionKind};

use crate::image_reader::ImageReader;
use crate::memory::ranges;

/// What an area of memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Kernel,
    DeviceTree,
    UserImage,
    Loader,
    Header,
    Tables,
    Symbols,
    Scratch,
}

/// An area of memory.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    pub(crate) purpose: Purpose,
    pub(crate) memory: PhysRange,
    /// What of it the file has content for; the rest is zero, or nothing is loaded there.
    pub(crate) stored: Vec<PhysRange>,
}

/// All of it, ascending.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) areas: Vec<Area>,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::DeviceTree => "device tree",
            Self::UserImage => "user image",
            Self::Loader => "loader",
            Self::Header => "payload header",
            Self::Tables => "translation tables",
            Self::Symbols => "symbols",
            Self::Scratch => "unpacker's work area",
        }
    }
}

impl Area {
    /// Number of bytes that the file has content for.
    pub(crate) fn stored_size(&self) -> u64 {
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
        let slot = payload.device_tree;
        let scratch = image.package().and_then(|package| package.scratch.memory());
        let header = PhysRange::from_size(image.payload_header().start, MAX_SIZE as u64);
        let places = [
            (Purpose::Kernel, of_kind(RegionKind::Kernel)),
            (
                Purpose::DeviceTree,
                Vec::from_iter(PhysRange::from_size(slot.start, slot.capacity)),
            ),
            (Purpose::UserImage, vec![payload.user_image.memory]),
            (Purpose::Loader, vec![image.loader()]),
            (Purpose::Header, Vec::from_iter(header)),
            (Purpose::Tables, of_kind(RegionKind::TranslationTables)),
            (Purpose::Symbols, of_kind(RegionKind::Symbols)),
            (Purpose::Scratch, Vec::from_iter(scratch)),
        ];
        let contents = image.extents().iter().map(|extent| extent.filled());
        let contents = ranges::union(contents.collect());
        let mut areas: Vec<_> = places
            .into_iter()
            .flat_map(|(purpose, places)| places.into_iter().map(move |place| (purpose, place)))
            .filter(|(_, memory)| !memory.is_empty())
            .map(|(purpose, memory)| Area {
                purpose,
                memory,
                stored: ranges::intersect(&contents, &[memory]),
            })
            .collect();
        areas.sort_by_key(|area| area.memory);
        Self { areas }
    }

    /// All memory from the first area's start to the last one's end.
    pub(crate) fn range(&self) -> PhysRange {
        let ends = self.areas.iter().map(|area| area.memory.end);
        PhysRange {
            start: self
                .areas
                .first()
                .map_or_else(Default::default, |area| area.memory.start),
            end: ends.max().unwrap_or_default(),
        }
    }
}
