// SPDX-License-Identifier: BSD-2-Clause

//! Wide gaps between the segments of a root task, which cost memory and slots.

use kaal_payload::PAGE_SIZE;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf::Segment;

/// Widest gap in bytes without a warning. By default, GNU ld aligns segments for AArch64 to 64 KiB, and leaves gaps of up
/// to two such pages.
const USUAL: u64 = 128 << 10;

/// The gaps of a root task, at least one of them wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    /// Pages in gaps. The kernel maps them too (seL4 16.0.0, `src/arch/arm/kernel/boot.c`,
    /// `create_frames_for_region`).
    pages: u64,
    /// Start and end of the widest gap.
    widest: (u64, u64),
}

impl Gaps {
    /// The gaps between `segments`, which ascend. `None` if none is wide.
    pub(crate) fn between(segments: &[Segment<'_>]) -> Option<Self> {
        let gaps = segments.array_windows();
        let gaps = gaps.map(|[first, second]| (first.virt_end(), second.virt));
        let widest = gaps.clone().max_by_key(|(start, end)| end - start)?;
        let pages =
            |(start, end): (u64, u64)| (end / PAGE_SIZE).saturating_sub(start.div_ceil(PAGE_SIZE));
        (widest.1 - widest.0 > USUAL).then(|| Self {
            pages: gaps.map(pages).sum(),
            widest,
        })
    }

    /// The warning about the gaps of the root task `app`.
    pub(super) fn warning(self, app: Origin<'_>) -> Diagnostic {
        let Self { pages, widest } = self;
        let (start, end) = widest;
        app.diagnostic("wide gaps between its segments cost memory and slots")
            .expected("gaps of up to 128 KiB between PT_LOADs")
            .found(format!(
                "{pages} pages in gaps, each with {PAGE_SIZE} bytes of RAM and a slot of the root CNode; \
                 the widest gap is {start:#x}..{end:#x}"
            ))
            .remedy(
                "link it with -z max-page-size=4096, or put the sections next to each other in its \
                 linker script",
            )
    }

    /// Adds the gaps to an error about the root task, such as one about its size.
    pub(crate) fn suspect(self, diagnostic: Diagnostic) -> Diagnostic {
        if diagnostic.flag() != Flag::App {
            return diagnostic;
        }
        let pages = self.pages;
        diagnostic.or_else(&format!(
            "link it with -z max-page-size=4096, because {pages} of its pages are gaps between segments"
        ))
    }
}
