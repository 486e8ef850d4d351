// SPDX-License-Identifier: BSD-2-Clause

//! Tries every small machine, and proves that plans never overlap, lie in RAM and in the kernel's
//! order, and that refused parts have no place.
//!
//! A machine is a few pages around a boundary of the page tables. Each page or half of a page is
//! free RAM, reserved RAM or no RAM, in all combinations. The parts have all sizes up to
//! [`World::LARGEST`]. The kernel lies at each page. The user image lies at each fixed place, or at
//! any. If the kernel lies outside of RAM, one set of parts is enough. The checks don't use the
//! ranges of the search: their pages are bits of a number.

use std::iter;

use kaal_payload::{PAGE_SIZE, PhysRange};

use super::super::{Plan, Request, place};
use super::{anywhere_in, range};
use world::{Pages, World, bits};

mod world;

/// Numbers of cases, and of those with a place.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    cases: u64,
    placed: u64,
}

/// Sizes in pages, and the first piece of a fixed user image.
#[derive(Clone, Copy, Debug)]
struct Parts {
    kernel: u64,
    kernel_size: u64,
    device_tree: u64,
    user_image: u64,
    user_image_at: Option<u64>,
    loader: u64,
}

impl World {
    /// Pages of the largest device tree, user image and loader.
    const LARGEST: u64 = 2;

    /// Tries all combinations of parts in all RAM. Some of it can be reserved, unless
    /// `is_all_free`.
    fn place_all(&self, is_all_free: bool) -> Count {
        let mut count = Count::default();
        for ram in 0..bits(self.pages * self.pieces, 1) {
            let parts = self.parts(self.whole_pages(ram));
            let least_free = if is_all_free { ram } else { 0 };
            for free in (least_free..=ram).filter(|free| free & !ram == 0) {
                self.place_in(ram, free, &parts, &mut count);
            }
        }
        count
    }

    fn place_in(&self, ram: Pages, free: Pages, all_parts: &[Parts], count: &mut Count) {
        let ranges = [self.ranges(ram), self.ranges(free)];
        let pages = [self.whole_pages(ram), self.whole_pages(free)];
        for parts in all_parts {
            count.cases += 1;
            match self.place(&ranges, parts) {
                Some(plan) => {
                    count.placed += 1;
                    let is_sound = self.is_sound(&plan, parts, pages);
                    assert!(is_sound, "{parts:?} in {ranges:?}: {plan:?}");
                }
                None => {
                    let has_place = self.has_place(parts, pages);
                    assert!(!has_place, "{parts:?} in {ranges:?}");
                }
            }
        }
    }

    /// All sizes and fixed places; a single one if the kernel lies outside of RAM.
    fn parts(&self, ram: Pages) -> Vec<Parts> {
        let sizes = || 1..=Self::LARGEST;
        let mut all = Vec::new();
        for (kernel, kernel_size) in product(0..self.pages, 1..=self.kernel) {
            let fixed = (kernel * self.pieces..self.pages * self.pieces).map(Some);
            let user_images = product(sizes(), iter::once(None).chain(fixed));
            let others = product(user_images, product(sizes(), sizes()));
            let in_ram = bits(kernel, kernel_size) & !ram == 0;
            let count = if in_ram { usize::MAX } else { 1 };
            all.extend(others.take(count).map(
                |((user_image, user_image_at), (device_tree, loader))| Parts {
                    kernel,
                    kernel_size,
                    device_tree,
                    user_image,
                    user_image_at,
                    loader,
                },
            ));
        }
        all
    }

    fn place(&self, [ram, free]: &[Vec<PhysRange>; 2], parts: &Parts) -> Option<Plan> {
        let start = self.start();
        let kernel = start + parts.kernel * PAGE_SIZE;
        let piece = PAGE_SIZE / self.pieces;
        place(&Request {
            kernel: range(kernel, kernel + parts.kernel_size * PAGE_SIZE),
            device_tree: parts.device_tree * PAGE_SIZE,
            user_image: parts.user_image * PAGE_SIZE,
            user_image_offset: parts.user_image_at.map(|at| start + at * piece - kernel),
            loader: &|base| {
                let page = base.0.saturating_sub(start) / PAGE_SIZE;
                self.loader_size(parts, page) * PAGE_SIZE
            },
            ram,
            free: anywhere_in(free),
        })
        .ok()
    }

    /// Whether the kernel accepts a plan.
    fn is_sound(&self, plan: &Plan, parts: &Parts, [ram, free]: [Pages; 2]) -> bool {
        let places = [plan.kernel, plan.device_tree, plan.user_image, plan.loader];
        let Some([kernel, device_tree, user_image, loader]) = self.first_pages(places) else {
            return false;
        };
        let sizes = [
            parts.kernel_size,
            parts.device_tree,
            parts.user_image,
            self.loader_size(parts, loader),
        ];
        let sizes_agree = places.map(|place| place.size() / PAGE_SIZE) == sizes;
        let [
            kernel_pages,
            device_tree_pages,
            user_image_pages,
            loader_pages,
        ] = [
            bits(kernel, sizes[0]),
            bits(device_tree, sizes[1]),
            bits(user_image, sizes[2]),
            bits(loader, sizes[3]),
        ];
        let disjoint = kernel_pages & device_tree_pages == 0
            && (kernel_pages | device_tree_pages) & user_image_pages == 0
            && (kernel_pages | device_tree_pages | user_image_pages) & loader_pages == 0;
        let user_image_is_right = match parts.user_image_at {
            Some(at) => user_image * self.pieces == at && user_image_pages & !ram == 0,
            None => user_image_pages & !free == 0,
        };
        sizes_agree
            && disjoint
            && user_image_is_right
            && kernel == parts.kernel
            && kernel < device_tree
            && device_tree < user_image
            && kernel_pages & !ram == 0
            && (device_tree_pages | loader_pages) & !free == 0
    }

    /// Tries all places for all parts.
    fn has_place(&self, parts: &Parts, [ram, free]: [Pages; 2]) -> bool {
        let kernel = bits(parts.kernel, parts.kernel_size);
        let loader_fits = |taken: Pages| {
            (0..self.pages).any(|at| {
                let loader = bits(at, self.loader_size(parts, at));
                loader & (!free | taken) == 0
            })
        };
        let user_image_fits = |from: u64, taken: Pages| {
            (from..self.pages).any(|at| {
                let user_image = bits(at, parts.user_image);
                let (memory, is_allowed) = match parts.user_image_at {
                    Some(fixed) => (ram, fixed == at * self.pieces),
                    None => (free, true),
                };
                is_allowed && user_image & !memory == 0 && loader_fits(taken | user_image)
            })
        };
        kernel & !ram == 0
            && (parts.kernel + parts.kernel_size..self.pages).any(|at| {
                let device_tree = bits(at, parts.device_tree);
                device_tree & !free == 0
                    && user_image_fits(at + parts.device_tree, kernel | device_tree)
            })
    }

    /// Pages of a loader at the page `at`.
    fn loader_size(&self, parts: &Parts, at: u64) -> u64 {
        let boundary = self.pages / 2;
        let crosses = at < boundary && boundary < at + parts.loader;
        parts.loader + if crosses { self.tables } else { 0 }
    }
}

/// All pairs of `some` and `others`.
fn product<T: Copy, U>(
    some: impl Iterator<Item = T> + Clone,
    others: impl Iterator<Item = U> + Clone,
) -> impl Iterator<Item = (T, U)> + Clone {
    some.flat_map(move |one| others.clone().map(move |other| (one, other)))
}

/// Each page is free, reserved or no RAM.
#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn whole_pages() {
    let world = World {
        pages: 8,
        pieces: 1,
        kernel: 1,
        tables: 1,
    };
    let expected = Count {
        cases: 1_557_144,
        placed: 79_048,
    };
    assert_eq!(world.place_all(false), expected);
}

/// Each half page is free or no RAM. So pages can be incomplete, and a fixed user image can begin
/// within one.
#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn half_pages() {
    let world = World {
        pages: 6,
        pieces: 2,
        kernel: 2,
        tables: 2,
    };
    let expected = Count {
        cases: 527_104,
        placed: 1_236,
    };
    assert_eq!(world.place_all(true), expected);
}
