// SPDX-License-Identifier: BSD-2-Clause

//! Predicts whether the kernel boots with a plan, to choose between plans. The rules check the
//! finished image in the same way.

use kaal_payload::PhysRange;

use super::LoaderPlace;
use crate::layout::plan::Plan;
use crate::parts::Parts;
use crate::sel4::{self, Handover, Platform};

/// Whether the kernel boots with `plan`, as far as known.
pub(super) fn succeeds(parts: &Parts<'_>, plan: &Plan) -> bool {
    // If none is known, the largest that fits.
    let size = match parts.tree_size() {
        0 => plan.device_tree.size(),
        size => size,
    };
    let handover = Handover {
        kernel: plan.kernel,
        boot_part: None,
        device_tree: PhysRange::new(plan.device_tree.start, size),
        user_image: plan.user_image,
        user_start: parts.user_image.start,
    };
    parts.memory.kernel_keeps_account(&handover) && leaves_loader_alone(parts, plan, &handover)
}

/// Whether the root task's objects fit, and avoid the loader for each size of device tree. The
/// other cores still run on the loader's page tables when the kernel creates the objects.
fn leaves_loader_alone(parts: &Parts<'_>, plan: &Plan, handover: &Handover) -> bool {
    let ram = || parts.device_tree.as_ref()?.ram.as_deref();
    let guessed = || Some(Platform::of_ram(ram()?, handover.kernel.start));
    let platform = parts.platform.clone().or_else(guessed);
    let (2.., Some(config), Some(platform)) = (parts.cores, parts.config.boot, platform) else {
        return true;
    };
    let loader = LoaderPlace::new(parts, plan.loader.start);
    let needed = PhysRange::from(loader.base..loader.tables(parts).memory().end);
    let booted = sel4::boot(handover, &platform, &config);
    booted.objects.is_some()
        && sel4::possible_objects(handover, plan.device_tree, &platform, &config)
            .all(|(_, objects)| !objects.overlaps(needed))
}
