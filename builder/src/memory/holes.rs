// SPDX-License-Identifier: BSD-2-Clause

//! Holes in a root task's memory. The kernel maps their pages too (seL4 16.0.0, `src/arch/arm/kernel/boot.c`,
//! `create_frames_for_region`).

use kaal_payload::PAGE_SIZE;

/// The cost of holes, without that of page tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holes {
    /// The number of their whole pages. Each takes a slot of the root CNode.
    pub(crate) slots: u64,
}

impl Holes {
    /// The cost of the holes between `places`: the start and the end of each place, in ascending order.
    pub(crate) fn between(places: &[(u64, u64)]) -> Self {
        let holes = places.array_windows();
        let pages = holes.map(|[(_, start), (end, _)]| {
            (end / PAGE_SIZE).saturating_sub(start.div_ceil(PAGE_SIZE))
        });
        Self { slots: pages.sum() }
    }

    /// The size in bytes of their whole pages.
    pub(crate) fn size(self) -> u64 {
        self.slots * PAGE_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::Holes;

    #[test]
    fn whole_pages_count() {
        for (end, start, slots) in [
            (0x1000, 0x1000, 0),
            (0x1001, 0x2fff, 0),
            (0x1001, 0x3000, 1),
            (0x1000, 0x3001, 2),
            (0x1234, 0x1235, 0),
        ] {
            let places = [(0, end), (start, start + 1)];
            assert_eq!(Holes::between(&places).slots, slots, "{end:#x}..{start:#x}");
        }
        assert_eq!(Holes::between(&[]), Holes::default());
        let places = [(0, 1), (0x2000, 0x2001), (0x5000, 0x5001)];
        assert_eq!(Holes::between(&places).size(), 0x3000);
    }
}
