// SPDX-License-Identifier: BSD-2-Clause

//! Builds and boots again after each change of a source.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use kaal_tests::qemu::Stop;
use kaal_tests::workspace::Workspace;
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
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(event) = event.ok().filter(is_change) {
            // Nobody waits any more where the program ends.
            let _ = sender.send(event.paths);
        }
    })
    .context("failed to watch files")?;
    for folder in FOLDERS {
        let folder = workspace.root().join(folder);
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| format!("failed to watch {}", folder.display()))?;
    }
    let root_task = workspace.root().join(ROOT_TASK);
    let mut programs_are_built = false;
    loop {
        let (went_well, paths) =
            boot_until_change(workspace, options, programs_are_built, &changes)?;
        programs_are_built = went_well && paths.iter().all(|path| path.starts_with(&root_task));
    }
}

/// Whether a source got other content, or another name.
fn is_change(event: &Event) -> bool {
    let kind = event.kind;
    (kind.is_modify() || kind.is_create() || kind.is_remove())
        && event.paths.iter().any(|path| is_source(path))
}

/// Whether `path` may be a source: no hidden file, no backup of an editor.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && !name.ends_with('~')
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

    use super::{is_source, wait};

    #[test]
    fn what_editors_leave_is_no_source() {
        assert!(is_source(Path::new("src/main.rs")));
        assert!(!is_source(Path::new("src/.main.rs.swp")));
        assert!(!is_source(Path::new("src/main.rs~")));
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
