// SPDX-License-Identifier: BSD-2-Clause

//! Places the parts of an image, and explains why they don't fit.

mod boot;
mod explain;

use kaal_payload::{MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange};
use kaal_translation::Access;

use crate::diagnostic::Diagnostic;
use crate::layout::page_tables::{Mapping, Tables};
use crate::layout::plan::{self, Free, Item, Plan, Request};
use crate::parts::Parts;
use explain::{describe, explain};

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
        user_image_offset: parts.user_image_offset,
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
