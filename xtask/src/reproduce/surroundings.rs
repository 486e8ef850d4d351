// SPDX-License-Identifier: BSD-2-Clause

//! Where, when and by whom something is built.
//!
//! The clock is the machine's own, so it differs by the time that the first build takes; a program that
//! asks for the time finds `SOURCE_DATE_EPOCH` first, or files of other years. `faketime` would set another
//! one, but the compiler hangs under it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

/// Variables that say where Cargo and the toolchains are, with their folders under the home folder:
/// a build with another home folder is to use the same ones.
const TOOLS: [(&str, &str); 2] = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];

/// What differs from one build to the other.
pub(super) struct Surroundings {
    /// Where the sources lie, below a temporary folder.
    folder: &'static str,
    umask: &'static str,
    environment: [(&'static str, &'static str); 5],
    /// Whether the files are written in descending order of their names.
    descending: bool,
    /// Seconds since 1970 that all files were changed at.
    modified: u64,
}

/// The home folder, in a copy.
const HOME: &str = "home";

/// The folder that each copy is moved to for building the root task: it uses crates from outside of its
/// workspace, which Cargo tells apart by their absolute paths.
const SAME_FOLDER: &str = "root-task";

pub(super) const BUILDS: [Surroundings; 2] = [
    Surroundings {
        folder: "a",
        umask: "022",
        environment: [
            ("USER", "alice"),
            ("LOGNAME", "alice"),
            ("LC_ALL", "C"),
            ("TZ", "UTC0"),
            ("SOURCE_DATE_EPOCH", "0"),
        ],
        descending: false,
        modified: 1_000_000_000,
    },
    Surroundings {
        folder: "another folder/of a longer name",
        umask: "077",
        environment: [
            ("USER", "bob"),
            ("LOGNAME", "bob"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "XYZ-13:37"),
            ("SOURCE_DATE_EPOCH", "2000000000"),
        ],
        descending: true,
        modified: 1_500_000_000,
    },
];

/// The files that Git counts as the project's, changes that aren't committed included.
fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut command = Command::new("git");
    command.current_dir(root);
    command.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let names = process::read(&mut command).context("failed to list the project's files")?;
    let mut files: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect();
    files.sort();
    Ok(files)
}

impl Surroundings {
    /// Copies the project's files to a folder below `scratch`.
    pub(super) fn copy(&self, project: &Workspace, scratch: &Path) -> Result<Workspace> {
        let root = scratch.join(self.folder);
        let mut files = source_files(project.root())?;
        if self.descending {
            files.reverse();
        }
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(self.modified);
        for file in files {
            let (from, to) = (project.root().join(&file), root.join(&file));
            copy_file(&from, &to, modified)
                .with_context(|| format!("failed to copy {}", from.display()))?;
        }
        fs::create_dir(root.join(HOME))?;
        Ok(Workspace::at(root))
    }

    /// Builds all that `cargo xtask build` does, like a user who has just cloned the copy.
    pub(super) fn build(&self, copy: &Workspace) -> Result<()> {
        process::run(&mut self.xtask(copy.root(), "build"))
    }

    /// Builds the root task, in the folder below `scratch` in which all of them are built.
    pub(super) fn build_root_task(&self, copy: &Workspace, scratch: &Path) -> Result<()> {
        let folder = scratch.join(SAME_FOLDER);
        fs::rename(copy.root(), &folder)?;
        let built = process::run(&mut self.xtask(&folder, "root-task"));
        fs::rename(&folder, copy.root())?;
        built
    }

    /// `cargo xtask TASK` in the copy at `root`.
    fn xtask(&self, root: &Path, task: &str) -> Command {
        let mut command = self.surrounded("cargo");
        command.args(["xtask", task]);
        command
            .current_dir(root)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("HOME", root.join(HOME));
        // What this process was started with would decide in the place of the copy's own settings.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG") || text == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        for (variable, folder) in TOOLS {
            if env::var_os(variable).is_none()
                && let Some(home) = env::home_dir()
            {
                command.env(variable, home.join(folder));
            }
        }
        command
    }

    /// `program` in these surroundings.
    pub(super) fn surrounded(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", self.umask]);
        command.arg(program).envs(self.environment);
        command
    }
}

fn copy_file(from: &Path, to: &Path, modified: SystemTime) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)?;
    fs::File::options()
        .write(true)
        .open(to)?
        .set_modified(modified)?;
    Ok(())
}
