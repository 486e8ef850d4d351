// SPDX-License-Identifier: BSD-2-Clause

//! Builds and boots again after each change of a source file. Instead of that, a changed component replaces the one in
//! the running system, if it can.

mod sources;
mod swap;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use kaal_harness::qemu::Stop;
use kaal_harness::workspace::Workspace;
use notify::{Event, RecommendedWatcher, Watcher};

use crate::qemu::{self, Options};
use crate::{build, progress};
use sources::Sources;
use swap::Swap;

/// A change is over after this time without another: editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(30);

/// Boots, and boots again after each change, until the user ends it.
pub(crate) fn run(workspace: &Workspace, mut options: Options) -> Result<()> {
    // In a folder that only this user enters. The names of sockets are short, and that of the target folder may not be.
    let folder = tempfile::tempdir()?;
    options.selection.development = true;
    options.devices.line = Some(folder.path().join("line"));
    let options = &options;
    let (sender, changes) = mpsc::channel();
    build::builder(workspace)?;
    let follow = || follow(Sources::find(workspace, options)?, sender.clone());
    let (mut sources, mut _watcher) = follow()?;
    let mut programs_are_built = false;
    loop {
        let (success, paths) =
            boot_until_change(workspace, options, programs_are_built, &sources, &changes)?;
        programs_are_built = success && paths.iter().all(|path| sources.are_of_root_task(path));
        // The change may have added a component. The boot prints mistakes.
        if let Ok(followed) = follow() {
            (sources, _watcher) = followed;
        }
    }
}

/// Sends the paths of changed `sources`, as long as the watcher lives.
fn follow(sources: Sources, sender: Sender<Vec<PathBuf>>) -> Result<(Sources, RecommendedWatcher)> {
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
    Ok((sources, watcher))
}

/// Boots until a change that needs another boot. Returns whether the boot succeeded, and the changed files.
fn boot_until_change(
    workspace: &Workspace,
    options: &Options,
    programs_are_built: bool,
    sources: &Sources,
    changes: &Receiver<Vec<PathBuf>>,
) -> Result<(bool, Vec<PathBuf>)> {
    let stop = Stop::default();
    let mut swap = Swap::new(workspace, options, sources)?;
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
        let paths = loop {
            let paths = wait(changes);
            let is_replaced = |paths: &Vec<PathBuf>| !boot.is_finished() && swap.replace(paths);
            if !paths.as_ref().is_ok_and(is_replaced) {
                break paths;
            }
        };
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
    use std::path::PathBuf;
    use std::sync::mpsc;

    use super::wait;

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
