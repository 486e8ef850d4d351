// SPDX-License-Identifier: BSD-2-Clause

//! Signing by a program of the user's, which has access to a key that the builder has not.

use std::ffi::OsStr;
use std::io::{self, Seek, Write};
use std::process::{Command, Output, Stdio};

use crate::access;
use crate::finding::{Finding, Origin};

/// Runs the shell command `command`, with `message` as its standard input, and returns what it writes
/// to its standard output.
pub(crate) fn run(origin: Origin<'_>, command: &OsStr, message: &[u8]) -> Result<Vec<u8>, Finding> {
    let failed = |found: String| {
        origin
            .finding("the signing command failed")
            .expected("exit status 0")
            .found(found)
            .remedy("run it by hand with the file that --message writes as its standard input")
    };
    let output = try_run(command, message).map_err(|error| failed(access::words(&error)))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(failed(output.status.to_string())),
    }
}

/// The message is in a file, since some programs want to know its size before they read it.
fn try_run(command: &OsStr, message: &[u8]) -> io::Result<Output> {
    let mut input = tempfile::tempfile()?;
    input.write_all(message)?;
    input.rewind()?;
    Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(input)
        .stderr(Stdio::inherit())
        .output()
}
