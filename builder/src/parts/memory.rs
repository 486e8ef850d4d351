// SPDX-License-Identifier: BSD-2-Clause

//! The RAM that the inputs name.

use std::fmt;

use kaal_payload::PhysRange;

use super::core_nodes::ReleaseWord;
use super::no_map::NoMap;
use crate::diagnostic::Origin;
use crate::memory::ranges;
use crate::sel4::{FreeMemory, Handover, KERNEL_WINDOW, PADDR_TOP};

/// An input, and the RAM that it names.
pub(crate) type Source<'a> = (Origin<'a>, Vec<PhysRange>);

/// The RAM that all inputs name.
pub(crate) struct Memory<'a> {
    /// The device tree comes first.
    pub(crate) sources: Vec<Source<'a>>,
    /// Memory to avoid.
    pub(crate) reserved: Vec<PhysRange>,
    /// Memory that `sources` lack because only its owner may access it.
    pub(crate) no_map: Vec<NoMap>,
    /// Words in RAM that cores poll. No part may lie there.
    pub(crate) words: Vec<ReleaseWord>,
}

impl<'a> Memory<'a> {
    /// Whether no input names RAM.
    pub(crate) fn is_unknown(&self) -> bool {
        self.sources.is_empty()
    }

    /// The memory that all inputs count as RAM, below `PADDR_TOP`, without the words that cores poll. If no input names RAM, it begins
    /// with the kernel.
    pub(crate) fn usable(&self, kernel: PhysRange) -> Vec<PhysRange> {
        let all = match self.is_unknown() {
            true => PhysRange::from(kernel.start..PADDR_TOP),
            false => KERNEL_WINDOW,
        };
        let all = vec![all];
        let rams = self.sources.iter().map(|(_, ram)| ram);
        let ram = rams.fold(all, |usable, ram| ranges::intersect(&usable, ram));
        ranges::subtract(ram, self.words.iter().map(|word| word.memory))
    }

    /// The first word in `place` that a core polls.
    pub(crate) fn word_in(&self, place: PhysRange) -> Option<&ReleaseWord> {
        let mut words = self.words.iter();
        words.find(|word| word.memory.overlaps(place))
    }

    /// The first memory in `place` that only its owner may access.
    pub(crate) fn no_map_in(&self, place: PhysRange) -> Option<&NoMap> {
        let mut no_map = self.no_map.iter();
        no_map.find(|no_map| no_map.memory.overlaps(place))
    }

    /// [`Self::usable`] without reserved memory.
    pub(crate) fn unreserved(&self, kernel: PhysRange) -> Vec<PhysRange> {
        ranges::subtract(self.usable(kernel), self.reserved.iter().copied())
    }

    /// The first reserved memory that overlaps `place`.
    pub(crate) fn reserved_at(&self, place: PhysRange) -> Option<PhysRange> {
        let mut reserved = self.reserved.iter().copied();
        reserved.find(|reserved| reserved.overlaps(place))
    }

    /// Whether the kernel can record its free memory without the parts in `handover`. It has room for
    /// one piece per bank and one more (seL4 16.0.0, `include/arch/arm/arch/bootinfo.h`,
    /// `MAX_NUM_FREEMEM_REG`; `src/kernel/boot.c`, `init_freemem`, leaves one entry empty).
    pub(crate) fn kernel_keeps_account(&self, handover: &Handover) -> bool {
        // The platform of the kernel's build comes last. Without it, the device tree is the best
        // guess.
        self.sources.last().is_none_or(|(_, ram)| {
            let memory = FreeMemory::new(handover, ram);
            memory.free.len() <= memory.most
        })
    }

    /// The inputs that don't count all of `place` as RAM.
    pub(crate) fn refusing(&self, place: PhysRange) -> impl Iterator<Item = &Source<'a>> {
        let sources = self.sources.iter();
        sources.filter(move |(_, ram)| !ranges::contains(ram, place))
    }
}

/// Formats the RAM as `0x40000000..0x80000000 (--dtb kernel.dtb)`.
pub(crate) fn describe((origin, ram): &Source<'_>) -> String {
    format!("{} ({origin})", ranges::describe(ram))
}

/// The most `no-map` nodes to list. Phones have dozens.
const MOST_SHOWN: usize = 4;

/// Lists all inputs that name RAM, and what no part may lie on.
impl fmt::Display for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(describe).collect();
        match sources.as_slice() {
            [] => write!(f, "unknown")?,
            _ => write!(f, "{}", sources.join(", "))?,
        }
        for word in &self.words {
            write!(f, ", without {word}")?;
        }
        for no_map in self.no_map.iter().take(MOST_SHOWN) {
            write!(f, ", without {no_map}")?;
        }
        match self.no_map.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, ", without {more} more (no-map)"),
        }
    }
}
