// SPDX-License-Identifier: BSD-2-Clause

//! Rules about the start of kernel and user image.

use kaal_payload::{ExceptionLevel, PhysicalAddressBits, RegionKind};

use super::{Checked, Situation, known};
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
        return Ok(format!("{name}, from the entry point {entry}"));
    }
    let found = match is_for(other) {
        true => format!("{entry}, as in a kernel for {other_name}"),
        false => format!("{entry}, as in no seL4 kernel"),
    };
    situation
        .complaint(Flag::Kernel, format!("the loader would enter it at {name}"))
        .expected(format!("an entry point as in a kernel for {name}"))
        .found(found)
        .refused()
}

/// `kernel-window`
pub(super) fn kernel_window(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let base = virtual_base(layout.exception_level);
    let entry = layout.kernel_entry.0.wrapping_sub(base);
    let kernel = layout.kernel();
    let mut regions = layout.regions_of(RegionKind::Kernel);
    if regions.any(|memory| (memory.start.0..memory.end.0).contains(&entry)) {
        let start = kernel.start.0.wrapping_add(base);
        return Ok(format!("{kernel} at {start:#x}, entered at {entry:#x}"));
    }
    situation
        .complaint(Flag::Kernel, "its entry point isn't mapped")
        .expected(format!("a physical address within {kernel}"))
        .found(format!("{entry:#x}"))
        .refused()
}

/// `user-top`
pub(super) fn user_top_rule(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let bits = situation
        .config
        .as_ref()
        .map(|config| config.physical_address_bits);
    let bits = bits.unwrap_or(PhysicalAddressBits::FromProcessor);
    let top = user_top(layout.exception_level, bits);
    // The largest device tree that fits in its room.
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
            .complaint(Flag::App, "its entry point lies outside of it")
            .expected(format!("an address within {start:#x}..{image_end:#x}"))
            .found(format!("{entry:#x}"))
            .refused();
    }
    if end < top {
        return Ok(format!(
            "{start:#x}..{image_end:#x}, boot information up to {end:#x}, below {top:#x}"
        ));
    }
    let expected = format!("an end below {top:#x}, including IPC buffer and boot information");
    situation
        .complaint(Flag::App, "reaches above USER_TOP")
        .expected(expected)
        .found(format!("an end at {end:#x}"))
        .remedy("link the root task at lower addresses")
        .refused()
}

/// `cores`
pub(super) fn cores(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let waits_for = layout.cores;
    let configured = situation.config.as_ref().and_then(|config| config.cores);
    if let Some(configured) = configured.filter(|configured| *configured != waits_for) {
        let problem = "another number of cores than in the image";
        let expected = format!("MAX_NUM_NODES {waits_for}, the number in the image");
        return situation
            .complaint(Flag::KernelConfig, problem)
            .expected(expected)
            .found(configured.to_string())
            .remedy("build the image with the gen_config.json of its kernel")
            .refused();
    }
    if waits_for == 1 {
        return Ok("one".to_owned());
    }
    let missing = format!("no device tree names the {waits_for} cores");
    let board = known(situation.board.as_ref(), &missing)?;
    if board.cores < waits_for as usize {
        return situation
            .complaint(Flag::Dtb, "fewer cores than the kernel waits for")
            .expected(format!("{waits_for} cores"))
            .found(board.cores.to_string())
            .remedy("build the kernel with a lower KernelMaxNumNodes")
            .refused();
    }
    Ok(format!("{waits_for} of {}", board.cores))
}
