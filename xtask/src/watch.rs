// SPDX-License-Identifier: BSD-2-Clause

//! Builds and boots again after each change of a source.

use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use kaal_harness::qemu::Stop;
use kaal_harness::workspace::Workspace;
use notify::{Event, RecursiveMode, Watcher};

use crate::progress;
use crate::qemu::{self, Manner, Options};
use crate::root_task::Profile;

/// Folders of sources.
const FOLDERS: [&str; 4] = ["builder", "elfloader", ROOT_TASK, "tests"];

/// The one that loader, probe kernels and builder are not made from.
const ROOT_TASK: &str = "root-task";

/// The time without another change after which a change is over: editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(30);

/// Boots, and boots again after each change, until the user ends it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (sender, changes) = mpsc::channel();
    let sources = Sources::new(workspace, options)?;
    let watched = sources.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(event) = event.ok().filter(|event| watched.are_changed_by(event)) {
            // Nobody waits any more where the program ends.
            let _ = sender.send(event.paths);
        }
    })
    .context("failed to watch files")?;
    sources.watch(&mut watcher)?;
    let mut programs_are_built = false;
    loop {
        let (went_well, paths) =
            boot_until_change(workspace, options, programs_are_built, &changes)?;
        programs_are_built = went_well && paths.iter().all(|path| sources.are_of_root_task(path));
    }
}

/// What is watched.
#[derive(Clone, Debug)]
struct Sources {
    folders: [PathBuf; 4],
    root_task: PathBuf,
    /// The root task that the user builds.
    app: Option<PathBuf>,
}

impl Sources {
    fn new(workspace: &Workspace, options: &Options) -> Result<Self> {
        let app = options.app().map(path::absolute).transpose()?;
        Ok(Self {
            folders: FOLDERS.map(|folder| workspace.root().join(folder)),
            root_task: workspace.root().join(ROOT_TASK),
            app,
        })
    }

    /// Lets `watcher` watch them.
    fn watch(&self, watcher: &mut impl Watcher) -> Result<()> {
        let trees = self
            .folders
            .iter()
            .map(|folder| (folder.as_path(), RecursiveMode::Recursive));
        // Linkers and editors put a new file in the place of the old one, so its folder is watched.
        let folder = self.app.as_deref().and_then(Path::parent);
        let folder = folder.map(|folder| (folder, RecursiveMode::NonRecursive));
        for (folder, mode) in trees.chain(folder) {
            watcher
                .watch(folder, mode)
                .with_context(|| format!("failed to watch {}", folder.display()))?;
        }
        Ok(())
    }

    /// Whether one of them got other content, or another name.
    fn are_changed_by(&self, event: &Event) -> bool {
        let kind = event.kind;
        (kind.is_modify() || kind.is_create() || kind.is_remove())
            && event.paths.iter().any(|path| self.contain(path))
    }

    /// Whether `path` may be one of them.
    fn contain(&self, path: &Path) -> bool {
        let relative = |folder: &PathBuf| path.strip_prefix(folder).ok();
        let mut below = self.folders.iter().filter_map(relative);
        self.is_app(path) || below.any(is_source)
    }

    /// Whether `path` is nothing that loader, probe kernels and builder are made from.
    fn are_of_root_task(&self, path: &Path) -> bool {
        self.is_app(path) || path.starts_with(&self.root_task)
    }

    fn is_app(&self, path: &Path) -> bool {
        self.app.as_deref() == Some(path)
    }
}

/// Whether `path` may be a source: no hidden file, no backup of an editor, nothing that Cargo has built.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_built = path.iter().any(|folder| folder == "target");
    !name.starts_with('.') && !name.ends_with('~') && !is_built
}

/// Boots, and returns whether that went well, and what has changed when it has ended after that.
fn boot_until_change(
    workspace: &Workspace,
    options: &Options,
    programs_are_built: bool,
    changes: &Receiver<Vec<PathBuf>>,
) -> Result<(bool, Vec<PathBuf>)> {
    let stop = Stop::default();
    thread::scope(|scope| {
        let manner = Manner {
            profile: Profile::Watch,
            programs_are_built,
            stop: Some(stop.clone()),
        };
        let stopped = stop.clone();
        let boot = scope.spawn(move || {
            let result = qemu::boot(workspace, options, manner);
            if let Err(error) = &result {
                eprintln!("error: {error:#}");
            }
            if !stopped.is_asked() {
                progress::step("waiting for a change");
            }
            result.is_ok()
        });
        let paths = wait(changes);
        stop.ask();
        Ok((boot.join().unwrap_or_default(), paths?))
    })
}

/// Waits for a change, and until it is over.
fn wait(changes: &Receiver<Vec<PathBuf>>) -> Result<Vec<PathBuf>> {
    let mut paths = changes.recv().context("files are no longer watched")?;
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

    use super::{FOLDERS, ROOT_TASK, Sources, wait};

    #[test]
    fn what_editors_leave_is_no_source() {
        let sources = Sources {
            folders: FOLDERS.map(PathBuf::from),
            root_task: PathBuf::from(ROOT_TASK),
            app: Some(PathBuf::from("other/.task")),
        };
        let is_one = |path: &str| sources.contain(Path::new(path));
        assert!(is_one("builder/src/main.rs") && is_one("other/.task"));
        assert!(!is_one("builder/src/.main.rs.swp") && !is_one("builder/src/main.rs~"));
        assert!(!is_one("target/main.rs") && !is_one("other/task"));
        assert!(!is_one("root-task/target/debug/main.o"));
    }

    #[test]
    fn all_of_a_change_is_waited_for() {
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
