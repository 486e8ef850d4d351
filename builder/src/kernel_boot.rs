// SPDX-License-Identifier: BSD-2-Clause

//! What seL4 itself needs room for as it boots: it stops where it finds too little, and a release
//! build stops without a word.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::finding::{Finding, Origin};
use crate::kernel::PADDR_TOP;
use crate::parts::Parts;
use crate::plan::Plan;
use crate::ram;
use crate::user_image::UserImage;

#[cfg(test)]
mod tests;

/// Capabilities that every initial thread has
/// (seL4 16.0.0, `libsel4/include/sel4/bootinfo_types.h`, `seL4_NumInitialCaps`).
const INITIAL_CAPS: u64 = 16;

/// Size in bytes of what a translation table of the last level maps.
const TABLE_REACH: u64 = 2 << 20;

/// Checks that the root CNode of 2^`bits` slots has room for what the kernel puts there before the
/// untyped memory: a capability for each page of the user image and for each of its translation
/// tables (seL4 16.0.0, `src/kernel/boot.c`, `provide_cap`).
pub(crate) fn check_slots(
    origin: Origin<'_>,
    user_image: &UserImage<'_>,
    bits: u32,
) -> Result<(), Finding> {
    let pages = user_image.size() / PAGE_SIZE;
    let slots = 1u64.checked_shl(bits).unwrap_or(u64::MAX);
    let needed = slots_needed(user_image);
    if needed < slots {
        return Ok(());
    }
    let enough = (needed + 1).next_power_of_two().ilog2();
    Err(origin
        .finding("too large for the kernel's root CNode")
        .expected(format!(
            "fewer than {slots} slots (KernelRootCNodeSizeBits={bits})"
        ))
        .found(format!("{needed} slots for {pages} pages"))
        .remedy(format!(
            "build the kernel with KernelRootCNodeSizeBits={enough} or more, or make the root task \
             smaller"
        )))
}

fn slots_needed(user_image: &UserImage<'_>) -> u64 {
    let tables = user_image.end.div_ceil(TABLE_REACH) - user_image.start / TABLE_REACH;
    INITIAL_CAPS + user_image.size() / PAGE_SIZE + tables
}

/// Checks that the kernel can keep account of the memory that the plan leaves free: it has as many
/// entries as banks of RAM, and one more (seL4 16.0.0, `include/arch/arm/arch/bootinfo.h`,
/// `MAX_NUM_FREEMEM_REG`, of which `src/kernel/boot.c`, `init_freemem`, leaves one empty).
///
/// Where the banks are not known to be the kernel's, nothing is checked. They are if they begin
/// with the kernel, which seL4 is always linked for.
pub(crate) fn check_free_memory(parts: &Parts<'_>, plan: &Plan) -> Result<(), Finding> {
    let banks = parts.memory.kernel_banks();
    let start = banks.iter().map(|bank| bank.start).min();
    if start != Some(plan.kernel.start) {
        return Ok(());
    }
    let device_tree = parts.device_tree.as_ref();
    let taken = [
        plan.kernel,
        // One that the firmware brings ends within the slot just as well.
        PhysRange {
            start: plan.device_tree.start,
            end: PhysAddr(
                plan.device_tree.start.0 + device_tree.map_or(1, |tree| tree.blob.len() as u64),
            ),
        },
        plan.user_image,
    ];
    let (pieces, limit) = (pieces(banks, taken), banks.len() + 1);
    if pieces <= limit {
        return Ok(());
    }
    Err(parts
        .origins
        .kernel
        .finding("it can't keep account of its free memory")
        .expected(format!("at most {limit} pieces"))
        .found(format!(
            "{pieces} pieces of {}, without kernel {}, device tree {} and root task {}",
            ram::describe(banks),
            plan.kernel,
            plan.device_tree,
            plan.user_image
        ))
        .remedy(
            "build the kernel for the device tree that --dtb gives, with the same no-map memory",
        ))
}

/// The number of pieces that `banks`, each by itself, are in without `taken`.
fn pieces(banks: &[PhysRange], taken: [PhysRange; 3]) -> usize {
    banks
        .iter()
        .map(|&bank| ram::subtract(vec![ram::clip(bank, PhysAddr(0), PADDR_TOP)], taken).len())
        .sum()
}
