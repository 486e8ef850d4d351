// SPDX-License-Identifier: BSD-2-Clause

//! The surroundings of a build: where, when and by whom.
//!
//! Both builds use the machine's clock, so their times differ only by the duration of the first. Programs look for the
//! time in `SOURCE_DATE_EPOCH` or in files, which differ by years. `faketime` would change the clock, but the compiler
//! hangs under it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use crate::rust_home;

/// Differences between the builds.
pub(super) struct Surroundings {
    /// The folder of the sources, below a temporary folder.
    folder: &'static str,
    umask: &'static str,
    /// Variables, separated by spaces.
    environment: &'static str,
    /// Whether the files are written in descending order of their names.
    descending: bool,
    /// The time of all files, in seconds since 1970.
    modified: u64,
}

/// The home folder, in a copy.
const HOME: &str = "home";

/// The folder to which each copy is moved while it builds the root task. The root task uses crates from outside its
/// workspace, which Cargo tells apart by their absolute paths.
const SAME_FOLDER: &str = "root-task";

pub(super) const BUILDS: [Surroundings; 2] = [
    Surroundings {
        folder: "a",
        umask: "022",
        environment: "USER=alice LOGNAME=alice LC_ALL=C TZ=UTC0 SOURCE_DATE_EPOCH=0",
        descending: false,
        modified: 1_000_000_000,
    },
    Surroundings {
        folder: "another folder/of a longer name",
        umask: "077",
        environment: "USER=bob LOGNAME=bob LC_ALL=tr_TR.UTF-8 TZ=XYZ-13:37 SOURCE_DATE_EPOCH=2000000000",
        descending: true,
        modified: 1_500_000_000,
    },
];

/// The files that Git counts as the project's, including uncommitted changes.
fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut command = Command::new("git");
    command.args("ls-files -z --cached --others --exclude-standard".split(' '));
    let names = process::read(command.current_dir(root));
    let names = names.context("failed to list the project's files")?;
    let files = names.split_terminator('\0').map(PathBuf::from);
    let mut files: Vec<_> = files.filter(|file| root.join(file).is_file()).collect();
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
            let to = root.join(&file);
            fs::create_dir_all(to.parent().context("the file has no folder")?)?;
            fs::copy(project.root().join(&file), &to)?;
            let copied = fs::OpenOptions::new().write(true).open(to)?;
            copied.into_file().set_modified(modified)?;
        }
        fs::create_dir(root.join(HOME))?;
        Ok(Workspace::at(root))
    }

    /// Runs `cargo xtask build`, as a user who has just cloned the copy.
    pub(super) fn build(&self, copy: &Workspace) -> Result<()> {
        self.xtask(copy.root(), "build")
    }

    /// Builds the root task in a folder below `scratch`, the same for each build.
    pub(super) fn build_root_task(&self, copy: &Workspace, scratch: &Path) -> Result<()> {
        let folder = scratch.join(SAME_FOLDER);
        fs::rename(copy.root(), &folder)?;
        let built = self.xtask(&folder, "root-task");
        fs::rename(&folder, copy.root())?;
        built
    }

    /// Runs `cargo xtask TASK` in the copy at `root`.
    fn xtask(&self, root: &Path, task: &str) -> Result<()> {
        let mut command = self.surrounded("cargo");
        command.args(["xtask", task]).current_dir(root);
        command.env("CARGO_TARGET_DIR", root.join("target"));
        command.env("HOME", root.join(HOME));
        // With another home folder, Cargo and rustup would download everything again.
        command.env("CARGO_HOME", rust_home::cargo()?);
        command.env("RUSTUP_HOME", rust_home::rustup()?);
        // This process got them from Cargo. They would override the copy's own.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG") || text == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        process::run(&mut command)
    }

    /// The program in these surroundings.
    pub(super) fn surrounded(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "umask \"$0\" && exec env \"$@\"", self.umask]);
        command.args(self.environment.split(' ')).arg(program);
        command
    }
}
