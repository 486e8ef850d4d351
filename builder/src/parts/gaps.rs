// SPDX-License-Identifier: BSD-2-Clause

//! Wide gaps between the segments of a root task, which cost memory and slots.

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf::Segment;
use crate::memory::holes::Holes;

/// Widest gap in bytes without a warning. By default, GNU ld aligns segments for AArch64 to 64 KiB, and leaves gaps of up
/// to two such pages.
const USUAL: u64 = 128 << 10;

/// The ways to avoid gaps.
const REMEDY: &str = "link it with -z max-page-size=4096, or put the sections next to each other in its linker \
                      script";

/// The gaps of a root task, at least one of them wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    cost: Holes,
    /// Start and end of the widest gap.
    widest: (u64, u64),
}

impl Gaps {
    /// The gaps between `segments`, which ascend. `None` if none is wide.
    pub(crate) fn between(segments: &[Segment<'_>]) -> Option<Self> {
        let places = segments
            .iter()
            .map(|segment| (segment.virt, segment.virt_end()));
        let places = Vec::from_iter(places);
        let gaps = places.array_windows();
        let gaps = gaps.map(|[(_, start), (end, _)]| (*start, *end));
        let widest = gaps.max_by_key(|(start, end)| end - start)?;
        (widest.1 - widest.0 > USUAL).then(|| Self {
            cost: Holes::between(&places),
            widest,
        })
    }

    /// The warning about the gaps of the root task `app`.
    pub(super) fn warning(self, app: Origin<'_>) -> Diagnostic {
        let Self { cost, widest } = self;
        let (slots, bytes) = (cost.slots, cost.size());
        let (start, end) = widest;
        app.diagnostic("wide gaps between its segments cost memory and slots")
            .expected("gaps of up to 128 KiB between PT_LOADs")
            .found(format!(
                "gaps that take {bytes} bytes of RAM and {slots} slots of the root CNode, the widest at \
                 {start:#x}..{end:#x}"
            ))
            .remedy(REMEDY)
    }

    /// Adds the gaps to an error about the root task, such as one about its size.
    pub(crate) fn suspect(self, diagnostic: Diagnostic) -> Diagnostic {
        if diagnostic.flag() != Flag::App {
            return diagnostic;
        }
        let pages = self.cost.slots;
        diagnostic.or_else(&format!(
            "{REMEDY}, because {pages} of its pages are gaps between segments"
        ))
    }
}
