// SPDX-License-Identifier: BSD-2-Clause

//! What the inputs say of the machine's RAM.

use std::fmt;

use kaal_payload::PhysRange;

use crate::diagnostic::Origin;
use crate::memory::ranges;
use crate::sel4::{KERNEL_WINDOW, PADDR_TOP};

/// RAM as one input tells it.
pub(crate) struct Source<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) ram: Vec<PhysRange>,
}

/// RAM as all inputs tell it.
pub(crate) struct Memory<'a> {
    /// The device tree goes first.
    pub(crate) sources: Vec<Source<'a>>,
    /// Memory that should be left alone.
    pub(crate) reserved: Vec<PhysRange>,
}

impl<'a> Memory<'a> {
    /// Whether no input says where RAM is.
    pub(crate) fn is_unknown(&self) -> bool {
        self.sources.is_empty()
    }

    /// The memory that may be used: what all inputs call RAM. Where none does, it is taken to
    /// begin with the kernel.
    pub(crate) fn usable(&self, kernel: PhysRange) -> Vec<PhysRange> {
        let all = match self.is_unknown() {
            true => PhysRange::from(kernel.start..PADDR_TOP),
            false => KERNEL_WINDOW,
        };
        let all = vec![all];
        self.sources.iter().fold(all, |usable, source| {
            ranges::intersect(&usable, &source.ram)
        })
    }

    /// [`Self::usable`] without what is reserved.
    pub(crate) fn unreserved(&self, kernel: PhysRange) -> Vec<PhysRange> {
        ranges::subtract(self.usable(kernel), self.reserved.iter().copied())
    }

    /// The first reserved memory that `place` shares an address with.
    pub(crate) fn reserved_at(&self, place: PhysRange) -> Option<PhysRange> {
        let mut reserved = self.reserved.iter().copied();
        reserved.find(|reserved| reserved.overlaps(place))
    }

    /// Whether the kernel, which is handed over `taken`, can keep account of the rest of its RAM:
    /// it notes a piece of memory for each bank, and one more (seL4 16.0.0,
    /// `include/arch/arm/arch/bootinfo.h`, `MAX_NUM_FREEMEM_REG`, of which `src/kernel/boot.c`,
    /// `init_freemem`, leaves one empty).
    pub(crate) fn kernel_keeps_account(&self, taken: [PhysRange; 3]) -> bool {
        // What the kernel's build says was added last; without it, the device tree is closest.
        let Some(Source { ram: banks, .. }) = self.sources.last() else {
            return true;
        };
        let mapped = ranges::intersect(banks, &[KERNEL_WINDOW]);
        ranges::subtract(mapped, taken).len() <= banks.len() + 1
    }

    /// The input that doesn't count all of `place` as RAM, if there is one, and what it does.
    pub(crate) fn refusing(&self, place: PhysRange) -> Option<String> {
        self.sources
            .iter()
            .find(|source| !ranges::contains(&source.ram, place))
            .map(Source::to_string)
    }
}

/// Shown as `0x40000000..0x80000000 (--dtb kernel.dtb)`.
impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", ranges::describe(&self.ram), self.origin)
    }
}

/// All inputs that name RAM.
impl fmt::Display for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.sources.iter().map(Source::to_string).collect();
        match sources.as_slice() {
            [] => write!(f, "unknown"),
            _ => write!(f, "{}", sources.join(", ")),
        }
    }
}
