// SPDX-License-Identifier: BSD-2-Clause

//! Places the parts of an image, and explains why they don't fit.

mod boot;

use std::fmt;

use kaal_payload::{MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange};
use kaal_translation::Access;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::layout::page_tables::{Mapping, Tables};
use crate::layout::plan::{self, Free, Item, PlacementError, Plan, Request};
use crate::parts::{Parts, memory};
use crate::sel4::PADDR_TOP;

/// The places of the loader and its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoaderPlace {
    /// Address of the loader's first byte.
    pub(crate) base: PhysAddr,
    /// The pages of the payload header.
    pub(crate) header: PhysRange,
    /// Address of the page tables.
    pub(crate) tables: PhysAddr,
}

impl LoaderPlace {
    /// The places for a loader at `base`.
    pub(crate) fn new(parts: &Parts<'_>, base: PhysAddr) -> Self {
        let header = PhysAddr(base.0 + parts.loader.size());
        let tables = PhysAddr(header.0 + MAX_SIZE as u64);
        Self {
            base,
            header: PhysRange::from(header..tables),
            tables,
        }
    }

    /// Makes the page tables.
    pub(crate) fn tables(&self, parts: &Parts<'_>) -> Tables {
        let where_it_is = |memory: PhysRange, access| Mapping {
            virt: memory.start.0,
            memory,
            access,
        };
        let mut loader: Vec<_> = parts
            .loader
            .parts
            .iter()
            .map(|part| {
                let start = self.base.0 + part.offset;
                let end = (start + part.size).next_multiple_of(PAGE_SIZE);
                where_it_is((PhysAddr(start)..PhysAddr(end)).into(), part.access)
            })
            .collect();
        loader.push(where_it_is(self.header, Access::default()));
        let kernel = Mapping {
            virt: parts.kernel.virt().0,
            memory: parts.kernel.memory,
            access: Access {
                writable: true,
                executable: true,
            },
        };
        Tables::new(self.tables, parts.kernel.exception_level, &loader, kernel)
    }
}

/// Places all parts.
///
/// # Errors
///
/// Returns an error if there is no place for a part.
pub(crate) fn plan(parts: &Parts<'_>) -> Result<Plan, Diagnostic> {
    let kernel = parts.kernel.memory;
    let device_tree = parts.tree_capacity();
    parts.user_image.check_top(
        parts.origins.app,
        parts.kernel.exception_level,
        parts.config.physical_address_bits,
        device_tree,
    )?;
    let usable = parts.memory.usable(kernel);
    let loader_size = |base| {
        let place = LoaderPlace::new(parts, base);
        let tables = place.tables(parts).size();
        parts.loader.size() + place.header.size() + tables + parts.names.size()
    };
    let unreserved = parts.memory.unreserved(kernel);
    // Puts a part into reserved memory only if there is no other, or if the kernel can't boot otherwise.
    let requests = Free::choices(&unreserved, &usable).map(|free| Request {
        kernel,
        device_tree: device_tree.next_multiple_of(PAGE_SIZE),
        user_image: parts.user_image.size(),
        user_image_offset: parts.settings.app_offset,
        loader: &loader_size,
        ram: &usable,
        free,
    });
    let [.., anywhere] = &requests;
    let plans = || requests.iter().flat_map(plan::places);
    plans()
        .find(|plan| boot::succeeds(parts, plan))
        .or_else(|| plans().next())
        .map_or_else(|| plan::place(anywhere), Ok)
        .map_err(|error| explain(parts, error))
}

/// Returns a warning for each part in reserved memory.
pub(crate) fn warnings(parts: &Parts<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let warning = |(item, place): (Item, PhysRange)| {
        let reserved = parts.memory.reserved_at(place)?;
        let (origin, name) = describe(parts, item);
        let diagnostic = origin
            .diagnostic(format!("{name} lies in reserved memory"))
            .expected(format!(
                "a place outside of {reserved}, which --dtb reserves"
            ))
            .found(place.to_string())
            .remedy("make sure that the memory's owner no longer uses it when the image is loaded");
        Some(diagnostic)
    };
    plan.things().into_iter().filter_map(warning).collect()
}

fn explain(parts: &Parts<'_>, error: PlacementError) -> Diagnostic {
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
    match capacity {
        0 => diagnostic.expected(format!(
            "a multiple of {PAGE_SIZE:#x} from {lowest:#x} on: behind the kernel"
        )),
        _ => diagnostic
            .expected(format!(
                "a multiple of {PAGE_SIZE:#x} from {lowest:#x} on: behind {kernel} bytes of kernel and \
                 {capacity} bytes for its device tree, in the order that seL4 requires"
            ))
            .or_else("pass --kernel-dtb none if the root task needs no device tree"),
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
    let offset = parts.settings.app_offset.unwrap_or_default();
    let base = parts.kernel.memory.start;
    let place = match base.0.checked_add(offset) {
        Some(start) => format!("{start:#x}"),
        None => format!("{base} + {offset:#x}, which exceeds 64 bits"),
    };
    Origin::new(Flag::AppOffset, &format!("{offset:#x}"))
        .diagnostic("no place for the root task")
        .found(format!("{} bytes at {place}", parts.user_image.size()))
        .remedy("leave the option out, or pass another offset")
}

/// The origin and name of a part.
fn describe<'a>(parts: &Parts<'a>, item: Item) -> (Origin<'a>, &'static str) {
    let origins = parts.origins;
    let device_tree = origins.device_tree.unwrap_or(origins.kernel);
    match item {
        Item::Kernel => (origins.kernel, "the kernel"),
        Item::DeviceTree => (device_tree, "the device tree"),
        Item::UserImage => (origins.app, "the root task"),
        Item::Loader => (origins.loader, "the loader"),
    }
}
