// SPDX-License-Identifier: BSD-2-Clause

//! The memory map of an image.

use std::fmt;
use std::path::{Path, PathBuf};

use kaal_payload::{PhysAddr, PhysRange};
use kaal_translation::Access;

use super::page_tables::Tables;
use super::placement::LoaderPlace;
use super::plan::Plan;
use crate::diagnostic::Origin;
use crate::parts::Parts;
use crate::printable;

/// An entry of the memory map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its addresses.
    pub memory: PhysRange,
    /// A description of the content.
    pub what: String,
    /// The file of the content; `None` for content that the builder makes.
    pub file: Option<PathBuf>,
}

/// The memory map of an image, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryMap(Vec<Entry>);

impl MemoryMap {
    pub(crate) fn new(
        parts: &Parts<'_>,
        plan: &Plan,
        place: &LoaderPlace,
        tables: &Tables,
        symbols: Option<PhysRange>,
        scratch: &[(&'static str, PhysRange)],
    ) -> Self {
        let origins = parts.origins;
        let mut entries = Vec::new();
        let mut add = |memory: PhysRange, what: &str, origin: Option<Origin<'_>>| {
            entries.push(Entry {
                memory,
                what: what.to_owned(),
                file: origin.map(|origin| origin.value.to_owned()),
            });
        };
        for segment in &parts.kernel.segments {
            let what = describe("kernel", segment.access);
            let memory = PhysRange::new(PhysAddr(segment.phys), segment.size);
            add(memory, &what, Some(origins.kernel));
        }
        let offset = parts.user_image.offset(plan.user_image);
        for segment in &parts.user_image.segments {
            let what = describe("user image", segment.access);
            let start = PhysAddr(segment.virt.wrapping_add(offset));
            add(
                PhysRange::new(start, segment.size),
                &what,
                Some(origins.app),
            );
        }
        for part in &parts.loader.parts {
            let what = describe("loader", part.access);
            let start = PhysAddr(place.base.0 + part.offset);
            add(
                PhysRange::new(start, part.size),
                &what,
                Some(origins.loader),
            );
        }
        let embedded = parts.embedded_tree().map(|tree| tree.origin);
        let device_tree = match embedded {
            Some(_) => "device tree",
            None => "room for a device tree",
        };
        if !plan.device_tree.is_empty() {
            add(plan.device_tree, device_tree, embedded);
        }
        add(place.header, "payload header", None);
        add(tables.memory(), "translation tables", None);
        if let Some(memory) = symbols {
            add(memory, "symbols", None);
        }
        for &(what, memory) in scratch {
            add(memory, what, None);
        }
        entries.sort_by_key(|entry| entry.memory);
        Self(entries)
    }

    /// The entries by ascending address.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// Describes a segment of `whole`.
fn describe(whole: &str, access: Access) -> String {
    let part = match (access.executable, access.writable) {
        (true, true) => "text and data",
        (true, false) => "text",
        (false, true) => "data",
        (false, false) => "read-only data",
    };
    format!("{whole} {part}")
}

/// Formats a table with a line for each entry. Sizes are in bytes.
impl fmt::Display for MemoryMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<14} {:<14} {:>10}  {:<25} from",
            "start", "end", "size", "what"
        )?;
        for Entry { memory, what, file } in &self.0 {
            let file = file.as_deref().map(Path::to_string_lossy);
            let file = file.map(|file| printable::line(&file));
            let file = file.as_deref().unwrap_or("(made by the builder)");
            let (start, end, size) = (memory.start.0, memory.end.0, memory.size());
            write!(
                f,
                "\n{start:<#14x} {end:<#14x} {size:>10}  {what:<25} {file}"
            )?;
        }
        Ok(())
    }
}
