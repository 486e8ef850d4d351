// SPDX-License-Identifier: BSD-2-Clause

//! Rules that compare the kernel's platform with the machine.

use super::situation::NO_DEVICE_TREE;
use super::{Checked, Situation, known};
use crate::diagnostic::Flag;
use crate::memory::ranges;
use crate::sel4::UserLayout;

/// `board-ram`
pub(super) fn board_ram(situation: &Situation<'_>) -> Checked {
    let platform = known(situation.platform.as_ref(), "--platform is not given")?;
    let built_for = ranges::union(platform.memory.clone());
    let kernel = situation.layout.kernel().start;
    let first = built_for.first().map(|bank| bank.start);
    if first != Some(kernel) {
        let problem = "not the platform of the kernel in the image";
        return situation
            .complaint(Flag::Platform, problem)
            .expected(format!("RAM from {kernel}, the address of the kernel"))
            .found(ranges::describe(&built_for))
            .remedy("pass kernel.elf and platform_gen.yaml from the same build")
            .warned();
    }
    let no_ram = "no device tree names the RAM of the machine";
    let board = known(situation.ram(), no_ram)?;
    let missing = ranges::subtract(built_for.clone(), board.iter().copied());
    if !missing.is_empty() {
        let (wanted, missing) = (ranges::describe(&built_for), ranges::describe(&missing));
        let problem = "the machine lacks RAM that the kernel expects";
        return situation
            .complaint(Flag::Platform, problem)
            .expected(format!("RAM within {}", ranges::describe(board)))
            .found(format!("{wanted}, of which the machine lacks {missing}"))
            .remedy("build the kernel for this machine")
            .warned();
    }
    let unused = ranges::subtract(board.to_vec(), built_for.iter().copied());
    let unused: u64 = unused.iter().map(|range| range.size()).sum();
    let rest = match unused {
        0 => String::new(),
        unused => format!("; the kernel ignores {unused} more bytes"),
    };
    Ok(format!("{}{rest}", ranges::describe(&built_for)))
}

/// `device-tree-size`
pub(super) fn device_tree_size(situation: &Situation<'_>) -> Checked {
    let slot = situation.layout.device_tree;
    if slot.capacity == 0 {
        return Ok("the kernel gets none".to_owned());
    }
    let board = known(situation.board.as_ref(), NO_DEVICE_TREE)?;
    let capacity = slot.capacity;
    if !slot.takes_another() {
        return Ok(format!("{capacity} bytes, whatever the firmware has"));
    }
    if board.size > capacity {
        return situation
            .complaint(Flag::Dtb, "too large for its room in the image")
            .expected(format!("at most {capacity} bytes"))
            .found(format!("{} bytes", board.size))
            .remedy("build the image with this device tree as --dtb")
            .refused();
    }
    let user = UserLayout::new(&situation.handover());
    let taken = 1u64 << user.extra_bits();
    Ok(format!(
        "{} of {capacity} bytes; the kernel's copy takes {taken}",
        board.size
    ))
}
