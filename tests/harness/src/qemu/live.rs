// SPDX-License-Identifier: BSD-2-Clause

//! A guest that a test talks to while it runs.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Input;
use super::failure;
use super::run::{Qemu, listen};

/// A running guest. It ends with this value.
pub struct Live {
    keyboard: ChildStdin,
    chunks: Receiver<Vec<u8>>,
    /// What came since the last text that was waited for.
    console: String,
    _qemu: Qemu,
}

impl Live {
    /// Starts `command`, QEMU without options for the console.
    ///
    /// # Errors
    ///
    /// Fails if QEMU can't be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let mut qemu = Qemu(
            command
                .args(Input::None.options())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .context("failed to start QEMU")?,
        );
        let output = qemu.0.stdout.take().context("QEMU has no output")?;
        Ok(Self {
            keyboard: qemu.0.stdin.take().context("QEMU has no input")?,
            chunks: listen(output),
            console: String::new(),
            _qemu: qemu,
        })
    }

    /// Types a line.
    ///
    /// # Errors
    ///
    /// Fails if QEMU has ended.
    pub fn type_line(&mut self, line: &str) -> Result<()> {
        let typed = write!(self.keyboard, "{line}\r");
        typed
            .and_then(|()| self.keyboard.flush())
            .context("failed to type")
    }

    /// Waits until QEMU ends by itself.
    ///
    /// # Errors
    ///
    /// Fails at the time limit.
    pub fn wait_for_end(&self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => bail!("QEMU doesn't end"),
            }
        }
    }

    /// Waits until the console shows `text`, and returns the console since the former text.
    ///
    /// # Errors
    ///
    /// Fails at the time limit, at the end of QEMU, and if the console shows a failure.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(place) = self.console.find(text) {
                let rest = self.console.split_off(place + text.len());
                return Ok(std::mem::replace(&mut self.console, rest));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.console += &String::from_utf8_lossy(&chunk),
                Err(error) => bail!("no {text:?}: {error}:\n{}", self.console),
            }
            if failure::is_shown_by(&self.console) {
                bail!("the guest failed:\n{}", self.console);
            }
        }
    }
}
