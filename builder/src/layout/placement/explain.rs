// SPDX-License-Identifier: BSD-2-Clause

//! Explains why there is no place for a part.

use std::fmt;

use kaal_payload::{PAGE_SIZE, PhysRange};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::layout::plan::{Item, PlacementError};
use crate::parts::{Parts, memory};
use crate::sel4::PADDR_TOP;

pub(super) fn explain(parts: &Parts<'_>, error: PlacementError) -> Diagnostic {
    match error {
        PlacementError::NoRoom { item, size } => {
            let (origin, name) = describe(parts, item);
            let kernel = parts.kernel.memory;
            origin
                .diagnostic(format!("no room for {name} in RAM"))
                .expected(format!("{size} free bytes below {PADDR_TOP}"))
                .found(format!("RAM {}, kernel {kernel}", parts.memory))
                .remedy("pass a platform with more RAM, or make the root task smaller")
        }
        PlacementError::Offset { lowest } => too_low(parts, lowest),
        PlacementError::OutsideRam { item, place } => {
            if let Some(word) = parts.memory.word_in(place) {
                return covers(parts, item, place, "a word that a core polls", word);
            }
            if let Some(no_map) = parts.memory.no_map_in(place) {
                return covers(
                    parts,
                    item,
                    place,
                    "memory that only its owner may use",
                    no_map,
                );
            }
            let (origin, name) = describe(parts, item);
            let diagnostic = match item {
                Item::UserImage => no_place_at_offset(parts),
                _ => origin
                    .diagnostic(format!("{name} lies outside RAM"))
                    .found(place.to_string())
                    .remedy(other_machine(parts, place)),
            };
            let ram = parts.memory.refusing(place).next().map(memory::describe);
            diagnostic.expected(format!(
                "a place within {}",
                ram.unwrap_or_else(|| format!("the memory below {PADDR_TOP}"))
            ))
        }
        PlacementError::Overlap((one, one_place), (other, other_place)) => {
            let (_, one) = describe(parts, one);
            let (origin, other) = describe(parts, other);
            origin
                .diagnostic(format!("{other} would overlap {one}"))
                .expected("no two parts at the same place")
                .found(format!("{other_place} and {one_place}"))
                .remedy("leave --app-offset out")
        }
    }
}

/// The root task's offset is below `lowest`.
fn too_low(parts: &Parts<'_>, lowest: u64) -> Diagnostic {
    let diagnostic = no_place_at_offset(parts);
    let (capacity, kernel) = (parts.tree_capacity(), parts.kernel.memory.size());
    if capacity == 0 {
        return diagnostic.expected(format!(
            "a multiple of {PAGE_SIZE:#x} from {lowest:#x} on: behind the kernel"
        ));
    }
    let diagnostic = diagnostic.expected(format!(
        "a multiple of {PAGE_SIZE:#x} from {lowest:#x} on: behind {kernel} bytes of kernel and {capacity} \
         bytes for its device tree, in the order that seL4 requires"
    ));
    match parts.origins.app.flag {
        Flag::Microkit => {
            diagnostic.remedy("leave --kernel-dtb out: Microkit's systems use no device tree")
        }
        _ => diagnostic.or_else("pass --kernel-dtb none if the root task needs no device tree"),
    }
}

/// The remedy for a part that can't move and lies at `place`, outside the RAM of some inputs.
fn other_machine(parts: &Parts<'_>, place: PhysRange) -> &'static str {
    let refusing: Vec<_> = parts
        .memory
        .refusing(place)
        .map(|(origin, _)| origin.flag)
        .collect();
    match refusing.as_slice() {
        [Flag::Dtb] => {
            "pass the kernel.dtb of the kernel's build, or build the kernel for the machine of this device tree"
        }
        [Flag::Platform] => "pass the platform_gen.yaml of the kernel's build",
        _ => "pass a kernel, a device tree and a platform of the same build",
    }
}

/// A part that can't move would cover `what`: `obstacle`.
fn covers(
    parts: &Parts<'_>,
    item: Item,
    place: PhysRange,
    what: &str,
    obstacle: &dyn fmt::Display,
) -> Diagnostic {
    let (origin, name) = describe(parts, item);
    let diagnostic = match item {
        Item::UserImage => no_place_at_offset(parts),
        _ => origin
            .diagnostic(format!("{name} covers {what}"))
            .found(format!("{name} at {place}"))
            .remedy(
                "build the kernel with that memory reserved in its device tree, so that seL4 places \
                 it elsewhere",
            ),
    };
    diagnostic.expected(format!("a place without {obstacle}"))
}

fn no_place_at_offset(parts: &Parts<'_>) -> Diagnostic {
    let offset = parts.user_image_offset.unwrap_or_default();
    let base = parts.kernel.memory.start;
    let place = match base.0.checked_add(offset) {
        Some(start) => format!("{start:#x}"),
        None => format!("{base} + {offset:#x}, which exceeds 64 bits"),
    };
    let option = format!("{offset:#x}");
    let (origin, remedy) = match parts.origins.app {
        image if image.flag == Flag::Microkit => (image, "build the system for this machine"),
        _ => (
            Origin::new(Flag::AppOffset, &option),
            "leave the option out, or pass another offset",
        ),
    };
    origin
        .diagnostic("no place for the root task")
        .found(format!("{} bytes at {place}", parts.user_image.size()))
        .remedy(remedy)
}

/// The origin and name of a part.
pub(super) fn describe<'a>(parts: &Parts<'a>, item: Item) -> (Origin<'a>, &'static str) {
    let origins = parts.origins;
    let device_tree = origins.device_tree.unwrap_or(origins.kernel);
    match item {
        Item::Kernel => (origins.kernel, "the kernel"),
        Item::DeviceTree => (device_tree, "the device tree"),
        Item::UserImage => (origins.app, "the root task"),
        Item::Loader => (origins.loader, "the loader"),
    }
}
