// SPDX-License-Identifier: BSD-2-Clause

//! Builds and boots again after each change of a source file.

use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use kaal_harness::qemu::Stop;
use kaal_harness::workspace::Workspace;
use notify::{Event, RecursiveMode, Watcher};

use crate::qemu::{self, Options, Project};
use crate::{build, progress};

/// Folders of sources.
const FOLDERS: [&str; 4] = ["builder", "elfloader", ROOT_TASK, "tests"];

/// The folder without sources of loader, probe kernels and builder.
const ROOT_TASK: &str = "root-task";

/// A change is over after this time without another: editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(30);

/// Boots, and boots again after each change, until the user ends it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (sender, changes) = mpsc::channel();
    build::builder(workspace)?;
    let app = Project::read(workspace)?.app(options);
    let sources = Sources {
        root: workspace.root().to_owned(),
        app: app.map(path::absolute).transpose()?,
    };
    let watched = sources.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(event) = event.ok().filter(|event| watched.are_changed_by(event)) {
            // When the program ends, nobody receives it.
            let _ = sender.send(event.paths);
        }
    })
    .context("failed to watch files")?;
    for (folder, mode) in sources.folders() {
        watcher
            .watch(&folder, mode)
            .with_context(|| format!("failed to watch {}", folder.display()))?;
    }
    let mut programs_are_built = false;
    loop {
        let (success, paths) = boot_until_change(workspace, options, programs_are_built, &changes)?;
        programs_are_built = success && paths.iter().all(|path| sources.are_of_root_task(path));
    }
}

/// The watched files.
#[derive(Clone, Debug)]
struct Sources {
    /// The checkout.
    root: PathBuf,
    /// The user's own root task.
    app: Option<PathBuf>,
}

impl Sources {
    /// The folders to watch.
    fn folders(&self) -> impl Iterator<Item = (PathBuf, RecursiveMode)> {
        let trees = FOLDERS.map(|folder| (self.root.join(folder), RecursiveMode::Recursive));
        // Linkers and editors replace a file by a new one, so its folder is watched.
        let folder = self.app.as_deref().and_then(Path::parent);
        let folder = folder.map(|folder| (folder.to_owned(), RecursiveMode::NonRecursive));
        trees.into_iter().chain(folder)
    }

    /// Whether `event` changed the content or the name of a source.
    fn are_changed_by(&self, event: &Event) -> bool {
        let kind = event.kind;
        (kind.is_modify() || kind.is_create() || kind.is_remove())
            && event.paths.iter().any(|path| self.contain(path))
    }

    /// Whether `path` may be a source: not hidden, not an editor's backup, not built by Cargo.
    fn contain(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut below = FOLDERS
            .iter()
            .filter_map(|folder| path.strip_prefix(self.root.join(folder)).ok());
        self.is_app(path)
            || !name.starts_with('.')
                && !name.ends_with('~')
                && below.any(|path| path.iter().all(|folder| folder != "target"))
    }

    /// Whether loader, probe kernels and builder don't depend on `path`.
    fn are_of_root_task(&self, path: &Path) -> bool {
        self.is_app(path) || path.starts_with(self.root.join(ROOT_TASK))
    }

    fn is_app(&self, path: &Path) -> bool {
        self.app.as_deref() == Some(path)
    }
}

/// Boots until a change. Returns whether the boot succeeded, and the changed files.
fn boot_until_change(
    workspace: &Workspace,
    options: &Options,
    programs_are_built: bool,
    changes: &Receiver<Vec<PathBuf>>,
) -> Result<(bool, Vec<PathBuf>)> {
    let stop = Stop::default();
    thread::scope(|scope| {
        let boot = scope.spawn(|| {
            let result = qemu::boot(workspace, options, programs_are_built, Some(stop.clone()));
            if let Err(error) = &result {
                eprintln!("error: {error:#}");
            }
            if !stop.is_asked() {
                progress::step("waiting for a change");
            }
            result.is_ok()
        });
        let paths = wait(changes);
        stop.ask();
        Ok((boot.join().unwrap_or_default(), paths?))
    })
}

/// Waits for a change until it is over.
fn wait(changes: &Receiver<Vec<PathBuf>>) -> Result<Vec<PathBuf>> {
    let mut paths = changes.recv().context("the watcher ended")?;
    loop {
        match changes.recv_timeout(PAUSE) {
            Ok(more) => paths.extend(more),
            Err(RecvTimeoutError::Timeout) => return Ok(paths),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::mpsc;

    use super::{Sources, wait};

    #[test]
    fn editors_temporary_files_are_no_sources() {
        let sources = Sources {
            root: PathBuf::new(),
            app: Some(PathBuf::from("other/.task")),
        };
        let is_one = |path: &str| sources.contain(Path::new(path));
        assert!(is_one("builder/src/main.rs") && is_one("other/.task"));
        assert!(!is_one("builder/src/.main.rs.swp") && !is_one("builder/src/main.rs~"));
        assert!(!is_one("target/main.rs") && !is_one("other/task"));
        assert!(!is_one("root-task/target/debug/main.o"));
    }

    #[test]
    fn wait_collects_all_of_a_change() {
        let (sender, changes) = mpsc::channel();
        let paths = ["one", "other"].map(PathBuf::from);
        for path in &paths {
            sender.send(vec![path.clone()]).unwrap();
        }
        assert_eq!(wait(&changes).unwrap(), paths);
        drop(sender);
        assert!(wait(&changes).is_err());
    }
}
