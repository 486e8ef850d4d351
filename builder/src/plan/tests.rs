// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};
use proptest::prelude::*;

use super::{LOADER_ALIGNMENT, Misfit, Plan, Request, Thing, place};
use crate::ram;

const MIB: u64 = 1 << 20;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

/// A kernel of 3 MiB at 1 GiB, and 1 MiB for each of the others.
fn request<'a>(ram: &'a [PhysRange]) -> Request<'a> {
    Request {
        kernel: range(1024 * MIB, 1027 * MIB),
        device_tree: MIB,
        user_image: MIB,
        user_image_offset: None,
        loader: &|_| MIB,
        ram,
    }
}

fn loader_start(ram: &[PhysRange]) -> Result<u64, Misfit> {
    place(&request(ram)).map(|plan| plan.loader.start.0 / MIB)
}

#[test]
fn in_the_order_that_the_kernel_checks() {
    assert_eq!(
        place(&request(&[range(1024 * MIB, 2048 * MIB)])),
        Ok(Plan {
            kernel: range(1024 * MIB, 1027 * MIB),
            device_tree: range(1027 * MIB, 1028 * MIB),
            user_image: range(1028 * MIB, 1029 * MIB),
            loader: range(1030 * MIB, 1031 * MIB),
        })
    );
}

#[test]
fn loader_goes_above_the_user_image_first() {
    assert_eq!(loader_start(&[range(0, 1031 * MIB)]), Ok(1030));
}

#[test]
fn loader_goes_below_the_kernel_next() {
    assert_eq!(loader_start(&[range(MIB, 1031 * MIB - PAGE_SIZE)]), Ok(2));
}

#[test]
fn loader_gives_up_its_alignment_last() {
    assert_eq!(loader_start(&[range(1023 * MIB, 1030 * MIB)]), Ok(1029));
    assert_eq!(loader_start(&[range(1023 * MIB, 1029 * MIB)]), Ok(1023));
}

#[test]
fn loader_has_no_place() {
    assert_eq!(
        loader_start(&[range(1024 * MIB, 1030 * MIB - PAGE_SIZE)]),
        Err(Misfit::NoRoom {
            thing: Thing::Loader,
            size: MIB,
        })
    );
}

#[test]
fn holes_in_ram_are_skipped() {
    let ram = [
        range(1024 * MIB, 1027 * MIB),
        range(1040 * MIB, 1041 * MIB),
        range(1050 * MIB, 1060 * MIB),
    ];
    let plan = place(&request(&ram)).expect("a plan");
    assert_eq!(plan.device_tree.start.0, 1040 * MIB);
    assert_eq!(plan.user_image.start.0, 1050 * MIB);
}

#[test]
fn overlaps_are_found() {
    let plan = Plan {
        kernel: range(0, MIB),
        device_tree: range(MIB, 2 * MIB),
        user_image: range(2 * MIB, 3 * MIB),
        loader: range(MIB - PAGE_SIZE, MIB),
    };
    assert_eq!(
        plan.check(),
        Err(Misfit::Overlap(
            (Thing::Kernel, plan.kernel),
            (Thing::Loader, plan.loader)
        ))
    );
    let loader = range(3 * MIB, 4 * MIB);
    assert_eq!(Plan { loader, ..plan }.check(), Ok(()));
}

/// Up to 256 pages, from page 0 on.
fn pages() -> impl Strategy<Value = PhysRange> {
    (0..200u64, 1..56u64)
        .prop_map(|(start, count)| range(start * PAGE_SIZE, (start + count) * PAGE_SIZE))
}

proptest! {
    /// Whatever the sizes and the RAM are: a plan is in order, disjoint and in RAM.
    #[test]
    fn plans_are_sound(
        kernel in pages(),
        sizes in prop::array::uniform3(1..16u64),
        offset in prop::option::of(0..128u64),
        banks in prop::collection::vec(pages(), 1..4),
    ) {
        let [device_tree, user_image, loader] = sizes.map(|size| size * PAGE_SIZE);
        let ram = ram::union(banks);
        let request = Request {
            kernel,
            device_tree,
            user_image,
            user_image_offset: offset.map(|offset| offset * PAGE_SIZE),
            loader: &|_| loader,
            ram: &ram,
        };
        if let Ok(plan) = place(&request) {
            prop_assert_eq!(plan.kernel, kernel);
            prop_assert_eq!(plan.device_tree.size(), device_tree);
            prop_assert_eq!(plan.user_image.size(), user_image);
            prop_assert_eq!(plan.loader.size(), loader);
            prop_assert!(plan.kernel.end <= plan.device_tree.start);
            prop_assert!(plan.device_tree.end <= plan.user_image.start);
            prop_assert_eq!(plan.check(), Ok(()));
            for place in [plan.kernel, plan.device_tree, plan.user_image, plan.loader] {
                prop_assert!(place.start.is_page_aligned());
                prop_assert!(ram::contains(&ram, place));
            }
            if let Some(offset) = request.user_image_offset {
                prop_assert_eq!(plan.user_image.start.0, kernel.start.0 + offset);
            }
        }
    }

    /// A large bank of RAM always has a place, and an aligned one.
    #[test]
    fn large_ram_is_enough(
        kernel in pages(),
        sizes in prop::array::uniform3(1..400u64),
    ) {
        let [device_tree, user_image, loader] = sizes.map(|size| size * PAGE_SIZE);
        let ram = [range(0, 64 * MIB)];
        let plan = place(&Request {
            kernel,
            device_tree,
            user_image,
            user_image_offset: None,
            loader: &|_| loader,
            ram: &ram,
        });
        prop_assert!(plan.is_ok_and(|plan| plan.loader.start.0 % LOADER_ALIGNMENT == 0));
    }
}
