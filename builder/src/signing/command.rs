// SPDX-License-Identifier: BSD-2-Clause

//! Signing by a program of the user's, which has access to a key that the builder has not.

use std::ffi::OsStr;
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command, ExitStatus, Stdio};

use kaal_payload::Signature;

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::access;
use crate::signing;

/// Size in bytes of what is expected.
const SIZE: usize = size_of::<Signature>();

/// Runs the shell command `command`, with `message` as its standard input, and returns what it writes
/// to its standard output. It is ended as soon as that is more than a signature.
pub(crate) fn run(
    origin: Origin<'_>,
    command: &OsStr,
    message: &[u8],
) -> Result<Vec<u8>, Diagnostic> {
    let failed = |found: String| {
        origin
            .diagnostic("the signing command failed")
            .expected("exit status 0")
            .found(found)
            .remedy("run it by hand with the file that --message writes as its standard input")
    };
    let outcome = start(command, message).and_then(finish);
    match outcome.map_err(|error| failed(access::words(&error)))? {
        (output, _) if output.len() > SIZE => Err(signing::no_signature(
            origin,
            format!("more than {SIZE} bytes"),
        )),
        (output, status) if status.success() => Ok(output),
        (_, status) => Err(failed(status.to_string())),
    }
}

/// The message is in a file, since some programs want to know its size before they read it.
fn start(command: &OsStr, message: &[u8]) -> io::Result<Child> {
    let mut input = tempfile::tempfile()?;
    input.write_all(message)?;
    input.rewind()?;
    Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(input)
        .stdout(Stdio::piped())
        .spawn()
}

/// What `child` writes, one byte more than a signature at most, and its status.
fn finish(mut child: Child) -> io::Result<(Vec<u8>, ExitStatus)> {
    let mut output = Vec::new();
    let read = match child.stdout.take() {
        Some(stdout) => stdout.take(SIZE as u64 + 1).read_to_end(&mut output),
        None => Ok(0),
    };
    if read.is_err() || output.len() > SIZE {
        child.kill()?;
    }
    let status = child.wait()?;
    read.map(|_| (output, status))
}
