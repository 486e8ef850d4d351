// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use super::{Free, Item, PlacementError, Plan, Request, place};

const MIB: u64 = 1 << 20;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

/// All parts may lie anywhere in `free`.
fn anywhere_in(free: &[PhysRange]) -> Free<'_> {
    Free {
        device_tree: free,
        user_image: free,
        loader: free,
    }
}

/// A kernel of 3 MiB at 1 GiB, and other parts of 1 MiB each.
fn request<'a>(ram: &'a [PhysRange]) -> Request<'a> {
    Request {
        kernel: range(1024 * MIB, 1027 * MIB),
        device_tree: MIB,
        user_image: MIB,
        user_image_offset: None,
        loader: &|_| MIB,
        ram,
        free: anywhere_in(ram),
    }
}

fn loader_start(ram: &[PhysRange]) -> Result<u64, PlacementError> {
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
fn loader_goes_in_between_last_of_all() {
    let loader_start = |ram: &[PhysRange]| {
        let request = Request {
            user_image: 2 * MIB,
            ..request(ram)
        };
        place(&request).map(|plan| plan.loader.start.0 / MIB)
    };
    let user_image = range(1040 * MIB, 1042 * MIB);
    let room_for_two = range(1024 * MIB, 1029 * MIB);
    assert_eq!(loader_start(&[room_for_two, user_image]), Ok(1028));
    let room_for_one = range(1024 * MIB, 1028 * MIB);
    let the_others = range(1040 * MIB, 1043 * MIB);
    assert_eq!(loader_start(&[room_for_one, the_others]), Ok(1042));
    let device_tree = range(1030 * MIB, 1031 * MIB);
    let request = Request {
        loader: &|_| 2 * MIB,
        ..request(&[])
    };
    let ram = [
        range(1024 * MIB, 1029 * MIB),
        device_tree,
        range(1040 * MIB, 1041 * MIB),
    ];
    let request = Request {
        ram: &ram,
        free: anywhere_in(&ram),
        ..request
    };
    assert_eq!(
        place(&request).map(|plan| plan.loader.start.0 / MIB),
        Ok(1027)
    );
}

/// A place before the boundary can be too small for the additional tables, while one behind it is
/// large enough.
#[test]
fn loader_moves_to_where_it_needs_fewer_tables() {
    const BOUNDARY: u64 = 1024 * MIB;
    let ram = [
        range(BOUNDARY - PAGE_SIZE, BOUNDARY + MIB),
        range(1100 * MIB, 1105 * MIB),
    ];
    let request = Request {
        kernel: range(1100 * MIB, 1103 * MIB),
        loader: &|start| match start.0 < BOUNDARY {
            true => MIB + 2 * PAGE_SIZE,
            false => MIB,
        },
        ..request(&ram)
    };
    let plan = place(&request).expect("a plan");
    assert_eq!(plan.loader, range(BOUNDARY, BOUNDARY + MIB));
}

#[test]
fn only_what_can_not_move_lies_outside_of_free_memory() {
    let ram = [range(1024 * MIB, 1100 * MIB)];
    let free = [range(1030 * MIB, 1033 * MIB)];
    let request = Request {
        user_image_offset: Some(32 * MIB),
        free: anywhere_in(&free),
        ..request(&ram)
    };
    assert_eq!(
        place(&request),
        Ok(Plan {
            kernel: range(1024 * MIB, 1027 * MIB),
            device_tree: range(1030 * MIB, 1031 * MIB),
            user_image: range(1056 * MIB, 1057 * MIB),
            loader: range(1031 * MIB, 1032 * MIB),
        })
    );
}

#[test]
fn loader_has_no_place() {
    assert_eq!(
        loader_start(&[range(1024 * MIB, 1029 * MIB + MIB - PAGE_SIZE)]),
        Err(PlacementError::NoRoom {
            item: Item::Loader,
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
        Err(PlacementError::Overlap(
            (Item::Kernel, plan.kernel),
            (Item::Loader, plan.loader)
        ))
    );
    let loader = range(3 * MIB, 4 * MIB);
    assert_eq!(Plan { loader, ..plan }.check(), Ok(()));
}

mod any_machine;
mod every_machine;
