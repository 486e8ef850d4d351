// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{PhysAddr, PhysRange, VirtAddr};

use super::{pieces, slots_needed};
use crate::user_image::UserImage;

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

#[test]
fn each_page_and_each_table_takes_a_slot() {
    let image = |start, end| UserImage {
        start,
        end,
        entry: VirtAddr(start),
        segments: Vec::new(),
    };
    assert_eq!(slots_needed(&image(0x20_0000, 0x20_1000)), 16 + 1 + 1);
    assert_eq!(slots_needed(&image(0x3f_f000, 0x40_1000)), 16 + 2 + 2);
    let size = 100 << 20;
    assert_eq!(slots_needed(&image(0, size)), 16 + 25600 + 50);
}

#[test]
fn adjoining_banks_are_counted_by_themselves() {
    let banks = [range(0, 10), range(10, 20), range(30, 40)];
    assert_eq!(pieces(&banks, [range(0, 2), range(2, 3), range(4, 12)]), 3);
    assert_eq!(pieces(&banks, [range(0, 2), range(3, 4), range(5, 6)]), 5);
    assert_eq!(
        pieces(&banks, [range(0, 10), range(10, 20), range(30, 40)]),
        0
    );
}
