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

use crate::qemu::{self, Occasion, Options};
use crate::{build, interrupt, progress};
use sources::Sources;
use swap::Swap;

/// A change is over after this time without another: editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(30);

/// The changed files, or nothing if the user ends the program.
type Change = Option<Vec<PathBuf>>;

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
    let end = sender.clone();
    // When the program ends, nobody receives it.
    interrupt::handle(move || drop(end.send(None)))?;
    let mut programs_are_built = false;
    while let (success, Some(paths)) =
        boot_until_change(workspace, options, programs_are_built, &sources, &changes)?
    {
        programs_are_built = success && paths.iter().all(|path| sources.are_of_root_task(path));
        // The change may have added a component. The boot prints mistakes.
        if let Ok(followed) = follow() {
            (sources, _watcher) = followed;
        }
    }
    Ok(())
}

/// Sends the paths of changed `sources`, as long as the watcher lives.
fn follow(sources: Sources, sender: Sender<Change>) -> Result<(Sources, RecommendedWatcher)> {
    let watched = sources.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(event) = event.ok().filter(|event| watched.are_changed_by(event)) {
            // As above.
            let _ = sender.send(Some(event.paths));
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

/// Boots until a change that needs another boot. Returns whether the boot succeeded, and the change.
fn boot_until_change(
    workspace: &Workspace,
    options: &Options,
    programs_are_built: bool,
    sources: &Sources,
    changes: &Receiver<Change>,
) -> Result<(bool, Change)> {
    let stop = Stop::default();
    let mut swap = Swap::new(workspace, options, sources)?;
    thread::scope(|scope| {
        let boot = scope.spawn(|| {
            let occasion = Occasion::Watched { programs_are_built };
            let result = qemu::boot(workspace, options, occasion, stop.clone());
            if let Err(error) = &result {
                eprintln!("error: {error:#}");
            }
            if !stop.is_asked() {
                progress::step("waiting for a change");
            }
            result.is_ok()
        });
        let change = loop {
            let change = wait(changes);
            match &change {
                Ok(Some(paths)) if !boot.is_finished() && swap.replace(paths) => {}
                _ => break change,
            }
        };
        stop.ask();
        Ok((boot.join().unwrap_or_default(), change?))
    })
}

/// Waits for a change until it is over.
fn wait(changes: &Receiver<Change>) -> Result<Change> {
    let mut change = changes.recv().context("the watcher ended")?;
    while let Some(paths) = &mut change {
        match changes.recv_timeout(PAUSE) {
            Ok(Some(more)) => paths.extend(more),
            Ok(None) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(change)
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
            sender.send(Some(vec![path.clone()])).unwrap();
        }
        assert_eq!(wait(&changes).unwrap().unwrap(), paths);
        sender.send(None).unwrap();
        assert_eq!(wait(&changes).unwrap(), None);
        drop(sender);
        assert!(wait(&changes).is_err());
    }
}
