// SPDX-License-Identifier: BSD-2-Clause

//! Plans for random machines: each plan is sound, and if there is none, a search of all places
//! finds none either.

use std::ops::Range;

use kaal_payload::{PAGE_SIZE, PhysRange};
use proptest::prelude::*;

use super::super::search::LOADER_ALIGNMENT;
use super::super::{Plan, Request, place};
use super::{MIB, anywhere_in, range};
use crate::memory::ranges;

/// The first page of a GiB, a boundary for two levels of tables.
const BOUNDARY: u64 = 1 << 18;

/// The pages that all parts lie in.
const PAGES: Range<u64> = BOUNDARY - 18..BOUNDARY + 18;

/// Number of machines to test.
const MACHINES: u32 = 4096;

/// Sizes in pages, and the parts that can't move.
#[derive(Clone, Debug)]
struct Case {
    kernel: Range<u64>,
    device_tree: u64,
    user_image: u64,
    user_image_start: Option<u64>,
    loader: u64,
    ram: Vec<PhysRange>,
    free: Vec<PhysRange>,
}

/// Up to `most` pages. The first and the last page may be incomplete.
fn bank(most: u64) -> impl Strategy<Value = PhysRange> {
    let cut = prop_oneof![4 => Just(0), 1 => 1..PAGE_SIZE];
    (PAGES, 1..=most, cut.clone(), cut).prop_map(|(start, count, front, back)| {
        let end = (start + count).min(PAGES.end);
        range(start * PAGE_SIZE + front, end * PAGE_SIZE - back)
    })
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = (1..4u64, 1..5u64, 1..6u64, 1..7u64);
    let user_image_start = prop_oneof![3 => Just(None), 1 => PAGES.prop_map(Some)];
    let banks = prop::collection::vec(bank(30), 1..5);
    let reserved = prop::collection::vec(bank(4), 0..4);
    (PAGES, sizes, user_image_start, banks, reserved).prop_map(
        |(start, (kernel, device_tree, user_image, loader), user_image_start, banks, reserved)| {
            let kernel = start..start + kernel;
            Case {
                user_image_start: user_image_start.filter(|&start| start >= kernel.start),
                kernel,
                device_tree,
                user_image,
                loader,
                ram: ranges::union(banks.clone()),
                free: ranges::subtract(banks, reserved),
            }
        },
    )
}

fn bytes(pages: Range<u64>) -> PhysRange {
    range(pages.start * PAGE_SIZE, pages.end * PAGE_SIZE)
}

impl Case {
    /// Pages of a loader at the page `start`, with two more tables if it crosses the boundary.
    fn loader_size(&self, start: u64) -> u64 {
        let crosses = start < BOUNDARY && BOUNDARY < start + self.loader;
        self.loader + 2 + 2 * u64::from(crosses)
    }

    fn place(&self) -> Option<Plan> {
        let offset = |start| (start - self.kernel.start) * PAGE_SIZE;
        place(&Request {
            kernel: bytes(self.kernel.clone()),
            device_tree: self.device_tree * PAGE_SIZE,
            user_image: self.user_image * PAGE_SIZE,
            user_image_offset: self.user_image_start.map(offset),
            loader: &|base| self.loader_size(base.0 / PAGE_SIZE) * PAGE_SIZE,
            ram: &self.ram,
            free: anywhere_in(&self.free),
        })
        .ok()
    }

    /// Tries all places for all parts.
    fn has_place(&self) -> bool {
        let is_ram = whole_pages(&self.ram);
        let is_free = whole_pages(&self.free);
        let all = |map: &[bool], start: u64, size| {
            let first = (start - PAGES.start) as usize;
            let pages = map.get(first..first + size as usize);
            pages.is_some_and(|pages| pages.iter().all(|&is| is))
        };
        let device_trees = || PAGES.filter(|&start| all(&is_free, start, self.device_tree));
        let user_images = || {
            PAGES.filter(|&start| match self.user_image_start {
                Some(fixed) => start == fixed && all(&is_ram, start, self.user_image),
                None => all(&is_free, start, self.user_image),
            })
        };
        let loaders = || PAGES.filter(|&start| all(&is_free, start, self.loader_size(start)));
        let is_plan = |device_tree: u64, user_image: u64, loader: u64| {
            let loader = loader..loader + self.loader_size(loader);
            let clear_of = |part: Range<u64>| part.end <= loader.start || loader.end <= part.start;
            self.kernel.end <= device_tree
                && device_tree + self.device_tree <= user_image
                && clear_of(self.kernel.clone())
                && clear_of(device_tree..device_tree + self.device_tree)
                && clear_of(user_image..user_image + self.user_image)
        };
        all(
            &is_ram,
            self.kernel.start,
            self.kernel.end - self.kernel.start,
        ) && device_trees().any(|device_tree| {
            user_images()
                .any(|user_image| loaders().any(|loader| is_plan(device_tree, user_image, loader)))
        })
    }

    fn check(&self, plan: &Plan) -> Result<(), TestCaseError> {
        let (kernel, loader) = (bytes(self.kernel.clone()), plan.loader);
        prop_assert_eq!(plan.kernel, kernel);
        prop_assert_eq!(plan.device_tree.size(), self.device_tree * PAGE_SIZE);
        prop_assert_eq!(plan.user_image.size(), self.user_image * PAGE_SIZE);
        let loader_size = self.loader_size(loader.start.0 / PAGE_SIZE);
        prop_assert_eq!(loader.size(), loader_size * PAGE_SIZE);

        prop_assert!(plan.kernel.end <= plan.device_tree.start);
        prop_assert!(plan.device_tree.end <= plan.user_image.start);
        for place in [plan.kernel, plan.device_tree, plan.user_image] {
            prop_assert!(place.end <= loader.start || loader.end <= place.start);
        }
        for place in [plan.kernel, plan.device_tree, plan.user_image, loader] {
            prop_assert!(place.start.is_page_aligned());
            prop_assert!(ranges::contains(&self.ram, place));
        }
        prop_assert!(ranges::contains(&self.free, plan.device_tree));
        prop_assert!(ranges::contains(&self.free, loader));
        match self.user_image_start {
            Some(start) => prop_assert_eq!(plan.user_image.start.0, start * PAGE_SIZE),
            None => prop_assert!(ranges::contains(&self.free, plan.user_image)),
        }
        Ok(())
    }
}

/// The pages that lie completely in `set`.
fn whole_pages(set: &[PhysRange]) -> Vec<bool> {
    let is_whole = |page| ranges::contains(set, bytes(page..page + 1));
    PAGES.map(is_whole).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(MACHINES))]

    #[test]
    #[cfg_attr(miri, ignore = "too many cases")]
    fn a_plan_is_sound_and_a_refusal_true(case in case()) {
        match case.place() {
            Some(plan) => case.check(&plan)?,
            None => prop_assert!(!case.has_place()),
        }
    }
}

proptest! {
    /// A large bank of RAM has an aligned place for the loader.
    #[test]
    fn large_ram_is_enough(
        kernel in (0..200u64, 1..56u64),
        sizes in prop::array::uniform3(1..400u64),
    ) {
        let [device_tree, user_image, loader] = sizes.map(|size| size * PAGE_SIZE);
        let ram = [range(0, 64 * MIB)];
        let plan = place(&Request {
            kernel: bytes(kernel.0..kernel.0 + kernel.1),
            device_tree,
            user_image,
            user_image_offset: None,
            loader: &|_| loader,
            ram: &ram,
            free: anywhere_in(&ram),
        });
        prop_assert!(plan.is_ok_and(|plan| plan.loader.start.0 % LOADER_ALIGNMENT == 0));
    }
}
