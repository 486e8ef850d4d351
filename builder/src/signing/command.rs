// SPDX-License-Identifier: BSD-2-Clause

//! Signs with a command of the user, if only that can access the key.

use std::ffi::OsStr;
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command, ExitStatus, Stdio};

use kaal_payload::Signature;

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::access;
use crate::signing;

/// Size of a signature in bytes.
const SIZE: usize = size_of::<Signature>();

/// Runs the shell command `command` with `message` on standard input, and returns its standard output. Kills
/// the command if it writes more than a signature.
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
            .remedy("run it by hand, with the file that --message writes as standard input")
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

/// Starts the command. The message comes from a file, because some programs ask for its size before they read it.
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

/// The output of `child`, at most one byte more than a signature, and its status.
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
