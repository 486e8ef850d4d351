// SPDX-License-Identifier: BSD-2-Clause

//! Finds the programs of a root task's components. All are linked for the same addresses as the root task, so only the
//! name on the line tells whose an address is.

use std::path::PathBuf;

use super::Program;
use crate::diagnostic::{Flag, Origin};

/// What KaaL's root task prints before the address at which a component failed.
const FAILED: &str = "at instruction 0x";

/// Folders that may hold the programs, by the components' names.
pub(crate) struct Components(Vec<PathBuf>);

impl Components {
    /// The programs in `folders`.
    pub(crate) fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(folders.into_iter().collect())
    }

    /// Reads the program of the component `name`, if there is one with symbols.
    pub(super) fn read(&self, name: &str) -> Option<Program> {
        let paths = self.0.iter().map(|folder| folder.join(name));
        let mut files = paths.filter(|path| path.is_file());
        files.find_map(|path| Program::read(Origin::new(Flag::App, &path)).ok())
    }
}

/// The name of the component that `line` reports. The root task prints it first, with a colon; the prompt of the shell
/// or a time may come before it.
pub(super) fn name(line: &str) -> Option<&str> {
    let (start, _) = line.split_once(':').filter(|_| line.contains(FAILED))?;
    let name = start.split_whitespace().next_back()?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    name.chars().all(is_part).then_some(name)
}
