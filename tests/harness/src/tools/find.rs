// SPDX-License-Identifier: BSD-2-Clause

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::slice;

use super::Tool;
use crate::workspace::Workspace;

impl Tool {
    /// Finds a program that can do the job, on `PATH` or in the folder of `cargo xtask`.
    pub fn find(&self) -> Option<PathBuf> {
        self.find_in(&search_path())
    }

    /// Finds it in the folders of `path`, trying each name in all of them before the next name.
    fn find_in(&self, path: &OsStr) -> Option<PathBuf> {
        let folders: Vec<PathBuf> = env::split_paths(path).collect();
        let files = self
            .file_names()
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        files
            .into_iter()
            .find(|file| file.is_file() && self.is(file))
    }

    /// The possible names of its file, best first.
    pub fn file_names(&self) -> &[&'static str] {
        match self.file_names {
            [] => slice::from_ref(&self.name),
            names => names,
        }
    }

    /// Whether `file` can do the job.
    fn is(&self, file: &Path) -> bool {
        let mut trial = Command::new(file);
        let run = trial.args(self.trial).stdin(Stdio::null()).output();
        run.is_ok_and(|run| match self.proof {
            "" => run.status.success(),
            proof => String::from_utf8_lossy(&run.stdout).contains(proof),
        })
    }

    /// A test's name, and whether to skip it. If the program is missing, the name says so.
    pub fn needed_by(&self, test: &str) -> (String, bool) {
        match self.find() {
            Some(_) => (test.to_owned(), false),
            None => (format!("{test} (needs {})", self.name), true),
        }
    }
}

/// `PATH`, followed by the folder of the programs that `cargo xtask` got.
pub fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = Workspace::locate().map(|workspace| workspace.tools().join("bin"));
    let folders = env::split_paths(&path).chain(own);
    env::join_paths(folders).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use crate::tools::{GDB, PKCS11_TOOL, SOFTHSM};

    /// Writes a gdb for AArch64, or one for other processors, as on most systems.
    fn write_gdb(file: &Path, knows_aarch64: bool) {
        let answer = match knows_aarch64 {
            true => "echo 'The target architecture is set to \"aarch64\".'",
            false => "echo 'Undefined item: \"aarch64\".' >&2",
        };
        write_program(file, answer);
    }

    fn write_program(file: &Path, line: &str) {
        fs::write(file, format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_program_is_found_by_what_it_can_do() {
        let folder = tempfile::tempdir().unwrap();
        let [ordinary, cross] =
            ["gdb", "aarch64-none-elf-gdb"].map(|name| folder.path().join(name));
        write_gdb(&ordinary, false);
        assert_eq!(GDB.find_in(folder.path().as_os_str()), None);
        write_gdb(&cross, true);
        assert_eq!(GDB.find_in(folder.path().as_os_str()), Some(cross.clone()));
        write_gdb(&ordinary, true);
        fs::remove_file(cross).unwrap();
        assert_eq!(GDB.find_in(folder.path().as_os_str()), Some(ordinary));
    }

    #[test]
    fn the_status_counts_only_without_a_proof() {
        let folder = tempfile::tempdir().unwrap();
        let [token, softhsm] = [&PKCS11_TOOL, &SOFTHSM].map(|tool| folder.path().join(tool.name));
        write_program(&token, "echo 'Usage: pkcs11-tool [OPTIONS]'; exit 2");
        write_program(&softhsm, "echo 2.6.1; exit 2");
        assert_eq!(PKCS11_TOOL.find_in(folder.path().as_os_str()), Some(token));
        assert_eq!(SOFTHSM.find_in(folder.path().as_os_str()), None);
    }
}
