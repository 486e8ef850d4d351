// SPDX-License-Identifier: BSD-2-Clause

//! Runs QEMU and watches its console, so that no run lasts longer than needed.

use std::io::Read;
use std::iter;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::screen::Screen;
use super::typist::Typist;
use super::{End, Input, Report, Stop, Watch, failure};

/// The time that a guest has to finish its output after it reported a failure.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The time that QEMU has to end on request.
const GRACE: Duration = Duration::from_secs(2);

/// The time between two checks for a stop from outside.
const STOP_TIME: Duration = Duration::from_millis(10);

/// Runs `command`, which starts QEMU without options for the console, until the goal of `watch` is decided.
///
/// # Errors
///
/// Fails if QEMU can't be started or watched. If the guest fails, the [`Report`] says so.
pub fn run(mut command: Command, watch: &Watch) -> Result<Report> {
    let (input, stdin) = match watch.typed.is_empty() {
        true => (watch.input, watch.input.stdin()),
        false => (Input::None, Stdio::piped()),
    };
    let mut screen = Screen::new(watch.show, watch.announcement.clone(), watch.log.as_deref())?;
    let started = Instant::now();
    let mut qemu = Qemu(
        command
            .args(input.options())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to start QEMU")?,
    );
    let output = qemu.0.stdout.take().context("QEMU has no output")?;
    let errors = qemu.0.stderr.take().context("QEMU has no error output")?;
    let messages = thread::spawn(move || read_to_end(errors));

    let mut console = Vec::new();
    let mut typist = Typist::new(qemu.0.stdin.take(), &watch.typed);
    let chunks = listen(output);
    let answer = follow(&chunks, watch, started, |chunk| {
        screen.show(chunk)?;
        console.extend_from_slice(chunk);
        typist.follow(&console)
    })?;
    screen.end()?;
    let end = match answer {
        Some(end) => {
            qemu.stop();
            end
        }
        None => End::Exited(qemu.0.wait().context("failed to wait for QEMU")?),
    };
    Ok(Report {
        end,
        console: String::from_utf8_lossy(&console).into_owned(),
        messages: messages.join().unwrap_or_default(),
        duration: started.elapsed(),
    })
}

/// A QEMU that ends with this value.
pub(super) struct Qemu(pub(super) Child);

impl Qemu {
    /// Ends QEMU, which may first restore the terminal.
    fn stop(&mut self) {
        if kill_process(Pid::from_child(&self.0), Signal::TERM).is_ok() {
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline {
                if !matches!(self.0.try_wait(), Ok(None)) {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        // Both can fail only if QEMU, a child of this process, has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// Follows the console until the goal is decided; returns `None` if QEMU closes the console first. `look` gets each
/// piece.
fn follow(
    chunks: &Receiver<Vec<u8>>,
    watch: &Watch,
    started: Instant,
    mut look: impl FnMut(&[u8]) -> Result<()>,
) -> Result<Option<End>> {
    // A limit beyond all times is no limit.
    let end = watch.limit.and_then(|limit| started.checked_add(limit));
    let mut deadline = end.map(|at| (at, End::TimedOut));
    let expected = watch.expect.as_ref().map_or(0, String::len);
    // The length of the longest text to look for.
    let reach = expected.max(failure::LONGEST);
    let mut recent = Vec::new();
    loop {
        if watch.stop.as_ref().is_some_and(Stop::is_asked) {
            return Ok(Some(End::Stopped));
        }
        // This also ends a guest that never stops printing.
        if let Some((at, end)) = deadline
            && Instant::now() >= at
        {
            return Ok(Some(end));
        }
        let left = deadline.map(|(at, _)| at.saturating_duration_since(Instant::now()));
        let pause = watch.stop.as_ref().map(|_| STOP_TIME);
        let chunk = match receive(chunks, left.into_iter().chain(pause).min()) {
            Ok(chunk) => chunk,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => continue,
        };
        // QEMU writes byte by byte, so all bytes that have come by now are one piece.
        let chunk: Vec<u8> = iter::once(chunk)
            .chain(chunks.try_iter())
            .flatten()
            .collect();
        recent.extend_from_slice(&chunk);
        let text = String::from_utf8_lossy(&recent).into_owned();
        // The next piece may complete a text that has begun here.
        recent.drain(..recent.len().saturating_sub(reach));
        look(&chunk)?;
        if watch
            .expect
            .as_ref()
            .is_some_and(|expected| text.contains(expected))
        {
            return Ok(Some(End::Expected));
        }
        let failing = matches!(deadline, Some((_, End::Failed)));
        if !failing && failure::is_shown_by(&text) {
            deadline = Some((Instant::now() + LAST_WORDS, End::Failed));
        }
    }
    Ok(deadline
        .map(|(_, end)| end)
        .filter(|end| matches!(end, End::Failed)))
}

/// The next bytes, if they come within `limit`.
fn receive(
    chunks: &Receiver<Vec<u8>>,
    limit: Option<Duration>,
) -> Result<Vec<u8>, RecvTimeoutError> {
    match limit {
        Some(limit) => chunks.recv_timeout(limit),
        None => chunks.recv().map_err(RecvTimeoutError::from),
    }
}

/// Reads in its own thread, because reading blocks.
pub(super) fn listen(mut output: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_to_end(mut input: impl Read) -> String {
    let mut bytes = Vec::new();
    // The report has the bytes before an error.
    let _ = input.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::super::Typed;
    use super::{End, Stop, Watch, run};

    /// A shell script that replaces QEMU and ignores the console's options.
    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text, "sh"]);
        command
    }

    fn watch(expect: &str, milliseconds: u64) -> Watch {
        Watch {
            expect: Some(expect.to_owned()),
            limit: Some(Duration::from_millis(milliseconds)),
            ..Watch::default()
        }
    }

    #[test]
    fn ends_at_the_expected_text() {
        let report = run(script("echo ready; exec sleep 60"), &watch("ready", 10_000)).unwrap();
        assert_eq!(report.end, End::Expected);
        assert_eq!(report.console, "ready\n");
    }

    #[test]
    fn types_after_what_is_waited_for() {
        let script = script("printf '> '; read a; printf '> '; read b; echo \"$b, $a\"");
        let typed = |text: &str| Typed {
            after: "> ".to_owned(),
            text: format!("{text}\n"),
        };
        let watch = Watch {
            typed: vec![typed("first"), typed("second")],
            ..watch("second, first", 10_000)
        };
        assert_eq!(run(script, &watch).unwrap().end, End::Expected);
    }

    #[test]
    fn ends_when_time_is_over() {
        let report = run(script("echo half; exec sleep 60"), &watch("whole", 100)).unwrap();
        assert_eq!(report.end, End::TimedOut);
    }

    #[test]
    fn ends_when_it_is_stopped() {
        let stop = Stop::default();
        let watch = Watch {
            stop: Some(stop.clone()),
            ..watch("never", 10_000)
        };
        let asking = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            stop.ask();
        });
        let report = run(script("echo half; exec sleep 60"), &watch).unwrap();
        assert_eq!(report.end, End::Stopped);
        asking.join().unwrap();
    }

    #[test]
    fn the_log_holds_the_console() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let watch = Watch {
            log: Some(log.clone()),
            ..watch("ready", 10_000)
        };
        run(script("echo half; echo ready; exec sleep 60"), &watch).unwrap();
        assert_eq!(fs::read_to_string(log).unwrap(), "half\nready\n");
        let watch = Watch {
            log: Some(folder.path().to_owned()),
            ..watch
        };
        let error = run(script(""), &watch).unwrap_err().to_string();
        assert!(error.starts_with("--log "), "{error}");
    }

    #[test]
    fn ends_with_the_process() {
        let report = run(script("echo off >&2; exit 3"), &watch("never", 10_000)).unwrap();
        let End::Exited(status) = report.end else {
            panic!("{report:?}");
        };
        assert_eq!(status.code(), Some(3));
        assert_eq!(report.messages, "off\n");
    }

    #[test]
    fn a_failure_is_told_with_all_its_lines() {
        let report = run(
            script("echo 'KaaL: fault: data abort'; echo 'FAR 0x0'"),
            &watch("never", 10_000),
        )
        .unwrap();
        assert_eq!(report.end, End::Failed);
        assert_eq!(report.console, "KaaL: fault: data abort\nFAR 0x0\n");
    }

    #[test]
    fn an_expected_failure_is_no_failure() {
        let report = run(
            script("printf 'KaaL: error: '; sleep 0.1; echo 'no RAM'"),
            &watch("KaaL: error: no RAM", 10_000),
        )
        .unwrap();
        assert_eq!(report.end, End::Expected);
    }
}
