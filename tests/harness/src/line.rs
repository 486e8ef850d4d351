// SPDX-License-Identifier: BSD-2-Clause

//! The line to a running system that takes programs of components.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kaal_reload::{Header, NAME_LIMIT, REFUSED, RUNS};

/// The time limit of an answer. The system may still boot.
const LIMIT: Duration = Duration::from_secs(20);

/// The system's answer to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The component runs it.
    Runs,
    /// The component still has its old program, for this reason.
    Refused(String),
}

/// The line to a running system.
#[derive(Debug)]
pub struct Line(BufReader<UnixStream>);

impl Line {
    /// Connects to QEMU's socket.
    ///
    /// # Errors
    ///
    /// Fails if QEMU doesn't wait there.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("failed to connect to {}", socket.display()))?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends bytes, which may be no frame.
    ///
    /// # Errors
    ///
    /// Fails if QEMU has ended.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = self.0.get_mut().write_all(bytes);
        sent.context("failed to send a program to the running system")
    }

    /// Replaces the program of the component `name`.
    ///
    /// # Errors
    ///
    /// Fails if the name is too long, or the system doesn't answer.
    pub fn replace(&mut self, name: &str, program: &[u8]) -> Result<Answer> {
        let header = Header::new(name, program);
        let header = header.with_context(|| {
            format!(
                "{name:?}: a name of at most {NAME_LIMIT} bytes expected, to replace its program"
            )
        })?;
        self.send(header.to_bytes())?;
        self.send(program)?;
        let mut answer = String::new();
        let received = self.0.read_line(&mut answer);
        received.context("the running system doesn't answer")?;
        match answer.trim_end() {
            RUNS => Ok(Answer::Runs),
            answer => match answer.strip_prefix(REFUSED) {
                Some(reason) => Ok(Answer::Refused(reason.to_owned())),
                None => bail!("the running system gives an unknown answer: {answer:?}"),
            },
        }
    }
}
