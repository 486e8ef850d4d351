// SPDX-License-Identifier: BSD-2-Clause

//! What lies where in an image.

use std::fmt;
use std::path::PathBuf;

use kaal_payload::PhysRange;

/// A line of the memory map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its addresses.
    pub memory: PhysRange,
    /// What lies there.
    pub what: &'static str,
    /// The file that it comes from; `None` for what the builder made.
    pub file: Option<PathBuf>,
}

/// What lies where in an image, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryMap(Vec<Entry>);

impl MemoryMap {
    pub(crate) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.memory);
        Self(entries)
    }

    /// The lines, by ascending address.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// A table with a line for each entry; sizes are in bytes.
impl fmt::Display for MemoryMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<14} {:<14} {:>10}  {:<25} from",
            "start", "end", "size", "what"
        )?;
        for Entry { memory, what, file } in &self.0 {
            let file = file
                .as_ref()
                .map_or("(made by the builder)".into(), |file| {
                    file.to_string_lossy()
                });
            write!(
                f,
                "\n{:<#14x} {:<#14x} {:>10}  {what:<25} {file}",
                memory.start.0,
                memory.end.0,
                memory.size(),
            )?;
        }
        Ok(())
    }
}
