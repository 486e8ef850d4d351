// SPDX-License-Identifier: BSD-2-Clause

//! What the kernel is entered with in memory, apart from the translation tables.

use kaal_payload::{Integrity, PhysAddr, Region, RegionKind};

use crate::elf::Segment;
use crate::format::digest::digest;
use crate::layout::page_tables::Tables;
use crate::layout::plan::Plan;
use crate::memory::chunk::{self, Chunk, Fragment};
use crate::parts::Parts;

/// Chunks that cover each part's place.
pub(crate) struct MemoryImage<'a> {
    kernel: Vec<Chunk<'a>>,
    device_tree: Vec<Chunk<'a>>,
    user_image: Vec<Chunk<'a>>,
}

impl<'a> MemoryImage<'a> {
    /// The content without a device tree.
    pub(crate) fn new(parts: &'a Parts<'a>, plan: &Plan) -> Self {
        let user_image_offset = parts.user_image.offset(plan.user_image);
        Self {
            kernel: chunk::cover(
                plan.kernel,
                fragments(&parts.kernel.segments, |segment| segment.phys),
            ),
            device_tree: Vec::new(),
            user_image: chunk::cover(
                plan.user_image,
                fragments(&parts.user_image.segments, |segment| {
                    segment.virt.wrapping_add(user_image_offset)
                }),
            ),
        }
    }

    /// The same with the device tree `blob`. Where that is empty, nothing is loaded to its place, in
    /// which the firmware may keep its own.
    pub(crate) fn with_device_tree(self, plan: &Plan, blob: &'a [u8]) -> Self {
        let fragment = Fragment {
            start: plan.device_tree.start,
            content: blob,
        };
        Self {
            device_tree: match blob {
                [] => Vec::new(),
                _ => chunk::cover(plan.device_tree, [fragment]),
            },
            ..self
        }
    }

    /// All chunks, ascending.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Chunk<'a>> {
        [&self.kernel, &self.device_tree, &self.user_image]
            .into_iter()
            .flatten()
    }

    /// All chunks.
    pub(crate) fn into_chunks(self) -> Vec<Chunk<'a>> {
        [self.kernel, self.device_tree, self.user_image].concat()
    }

    /// The regions of a payload header, ascending, with `symbols`, if there are any.
    pub(crate) fn regions(
        &self,
        tables: &Tables,
        symbols: Option<&Chunk<'_>>,
        integrity: Integrity,
    ) -> Vec<Region> {
        let tables = Chunk {
            memory: tables.memory(),
            content: tables.as_bytes(),
        };
        let kernel = self.kernel.iter().map(|chunk| (RegionKind::Kernel, chunk));
        let device_tree = self.device_tree.iter();
        let user_image = self.user_image.iter();
        let mut chunks: Vec<_> = kernel
            .chain(device_tree.map(|chunk| (RegionKind::DeviceTree, chunk)))
            .chain(user_image.map(|chunk| (RegionKind::UserImage, chunk)))
            .chain([(RegionKind::TranslationTables, &tables)])
            .chain(symbols.map(|symbols| (RegionKind::Symbols, symbols)))
            .collect();
        chunks.sort_by_key(|(_, chunk)| chunk.memory);
        chunks
            .into_iter()
            .map(|(kind, chunk)| {
                let size = chunk.content.len() as u64;
                Region::new(kind, chunk.memory, size, digest(integrity, chunk.content))
            })
            .collect()
    }
}

fn fragments<'a>(
    segments: &[Segment<'a>],
    start: impl Fn(&Segment<'a>) -> u64,
) -> impl Iterator<Item = Fragment<'a>> {
    segments.iter().map(move |segment| Fragment {
        start: PhysAddr(start(segment)),
        content: segment.content,
    })
}
