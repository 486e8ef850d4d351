// SPDX-License-Identifier: BSD-2-Clause

//! Rules of how kernel and user image run.

use kaal_payload::{ExceptionLevel, PhysicalAddressBits, RegionKind};

use super::{Checked, Outcome, Situation};
use crate::diagnostic::Flag;
use crate::sel4::{self, user_top, virtual_base};

/// `exception-level`
pub(super) fn exception_level(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let (name, other, other_name) = match layout.exception_level {
        ExceptionLevel::El1 => ("EL1", ExceptionLevel::El2, "EL2"),
        ExceptionLevel::El2 => ("EL2", ExceptionLevel::El1, "EL1"),
    };
    let entry = layout.kernel_entry;
    // Both windows are 2^39 bytes large.
    let is_for = |level| entry.0.wrapping_sub(virtual_base(level)) >> 39 == 0;
    if is_for(layout.exception_level) {
        return Ok(format!("{name}, by the entry point {entry}"));
    }
    let found = match is_for(other) {
        true => format!("{entry}, that of a kernel for {other_name}"),
        false => format!("{entry}, that of no kernel of seL4"),
    };
    situation
        .complaint(Flag::Kernel, format!("it would be entered at {name}"))
        .expected(format!("an entry point of a kernel for {name}"))
        .found(found)
        .refused()
}

/// `kernel-window`
pub(super) fn kernel_window(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let base = virtual_base(layout.exception_level);
    let entry = layout.kernel_entry.0.wrapping_sub(base);
    let kernel = layout.kernel();
    let holds_entry = layout
        .regions_of(RegionKind::Kernel)
        .any(|memory| (memory.start.0..memory.end.0).contains(&entry));
    if holds_entry {
        let start = kernel.start.0.wrapping_add(base);
        return Ok(format!("{kernel} at {start:#x}, entered at {entry:#x}"));
    }
    situation
        .complaint(Flag::Kernel, "its entry point is not where it is mapped")
        .expected(format!("a physical address within {kernel}"))
        .found(format!("{entry:#x}"))
        .refused()
}

/// `user-top`
pub(super) fn user_top_rule(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let bits = situation.config.map(|config| config.physical_address_bits);
    let bits = bits.unwrap_or(PhysicalAddressBits::FromProcessor);
    let top = user_top(layout.exception_level, bits);
    // The largest device tree that there is room for.
    let handover = sel4::Handover {
        device_tree: layout.device_tree_slot(),
        ..situation.handover()
    };
    let end = sel4::UserLayout::new(&handover).end();
    let entry = layout.user_image.entry.0;
    let start = layout.user_start();
    let image_end = start.saturating_add(layout.user_image.memory.size());
    if !(start..image_end).contains(&entry) {
        return situation
            .complaint(Flag::App, "its entry point is not in it")
            .expected(format!("an address within {start:#x}..{image_end:#x}"))
            .found(format!("{entry:#x}"))
            .refused();
    }
    if end < top {
        return Ok(format!(
            "{start:#x}..{image_end:#x}, with boot information up to {end:#x}, below {top:#x}"
        ));
    }
    situation
        .complaint(Flag::App, "reaches above USER_TOP")
        .expected(format!(
            "its end, with IPC buffer and boot information behind it, below {top:#x}"
        ))
        .found(format!("an end at {end:#x}"))
        .remedy("link the root task for lower addresses")
        .refused()
}

/// `cores`
pub(super) fn cores(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let waits_for = layout.cores;
    let configured = situation.config.as_ref().and_then(|config| config.cores);
    if let Some(configured) = configured.filter(|configured| *configured != waits_for) {
        return situation
            .complaint(Flag::KernelConfig, "not the kernel's number of cores")
            .expected(format!(
                "MAX_NUM_NODES {waits_for}, as the image starts cores"
            ))
            .found(configured.to_string())
            .remedy("build the image with the configuration of its kernel")
            .refused();
    }
    if waits_for == 1 {
        return Ok("one".to_owned());
    }
    let Some(board) = &situation.board else {
        let missing = format!("no device tree names the {waits_for} cores");
        return Err(Outcome::NotChecked(missing));
    };
    if board.cores < waits_for as usize {
        return situation
            .complaint(
                Flag::Dtb,
                "the machine has fewer cores than the kernel waits for",
            )
            .expected(format!("{waits_for} cores"))
            .found(board.cores.to_string())
            .remedy("build the kernel with a KernelMaxNumNodes that fits")
            .refused();
    }
    Ok(format!("{waits_for} of {}", board.cores))
}
