// SPDX-License-Identifier: BSD-2-Clause

//! Rules of what the kernel was built for, and of what the machine is.

use super::{Checked, Outcome, Situation};
use crate::diagnostic::Flag;
use crate::memory::ranges;
use crate::sel4::UserLayout;

/// `board-ram`
pub(super) fn board_ram(situation: &Situation<'_>) -> Checked {
    let Some(platform) = &situation.platform else {
        return Err(Outcome::not_checked("--platform is not given"));
    };
    let built_for = ranges::union(platform.memory.clone());
    let kernel = situation.layout.kernel().start;
    let first = built_for.first().map(|bank| bank.start);
    if first != Some(kernel) {
        return situation
            .complaint(
                Flag::Platform,
                "not the platform that the kernel was built for",
            )
            .expected(format!("RAM from {kernel} on, where the kernel lies"))
            .found(ranges::describe(&built_for))
            .remedy("give kernel.elf and platform_gen.yaml of the same build")
            .warned();
    }
    let Some(board) = situation.ram() else {
        return Err(Outcome::not_checked(
            "no device tree says where the machine has RAM",
        ));
    };
    let missing = ranges::subtract(built_for.clone(), board.iter().copied());
    if !missing.is_empty() {
        return situation
            .complaint(
                Flag::Platform,
                "the kernel was built for RAM that the machine doesn't have",
            )
            .expected(format!("RAM within {}", ranges::describe(board)))
            .found(format!(
                "{}, of which {} is elsewhere",
                ranges::describe(&built_for),
                ranges::describe(&missing)
            ))
            .remedy("build the kernel for this machine: it takes all of it for RAM")
            .warned();
    }
    let unused = ranges::subtract(board.to_vec(), built_for.iter().copied());
    let unused: u64 = unused.iter().map(|range| range.size()).sum();
    let rest = match unused {
        0 => String::new(),
        unused => format!("; {unused} bytes more that it does not use"),
    };
    Ok(format!("{}{rest}", ranges::describe(&built_for)))
}

/// `device-tree-size`
pub(super) fn device_tree_size(situation: &Situation<'_>) -> Checked {
    let Some(board) = &situation.board else {
        return Err(Outcome::not_checked("there is no device tree"));
    };
    let capacity = situation.layout.device_tree.capacity;
    if board.size > capacity {
        return situation
            .complaint(Flag::Dtb, "the image has no room for it")
            .expected(format!("at most {capacity} bytes"))
            .found(format!("{} bytes", board.size))
            .remedy("embed it with --dtb, so that the image keeps room for it")
            .refused();
    }
    let user = UserLayout::new(&situation.handover());
    let taken = 1u64 << user.extra_bits();
    Ok(format!(
        "{} of {capacity} bytes; the kernel takes {taken} for its copy",
        board.size
    ))
}
