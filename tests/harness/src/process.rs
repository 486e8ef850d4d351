// SPDX-License-Identifier: BSD-2-Clause

//! Runs other programs. Errors name the program and the reason.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

/// Runs `command`; its output is that of this process.
///
/// # Errors
///
/// Fails if the program can't be started or doesn't succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let name = name_of(command);
    let status = command
        .status()
        .with_context(|| format!("failed to start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed: {status}");
    }
    Ok(())
}

/// Runs `command` and returns its standard output.
///
/// # Errors
///
/// Fails like [`run`]; the error includes the program's own errors.
pub fn read(command: &mut Command) -> Result<String> {
    let name = name_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to start `{name}`"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{name}` failed: {}: {}", output.status, errors.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` printed no UTF-8"))
}

/// Whether `program` exists and prints its version.
pub fn is_installed(program: impl AsRef<OsStr>) -> bool {
    read(Command::new(program).arg("--version")).is_ok()
}

/// `command` as a line for a shell, in this folder and environment.
pub fn line(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    words.collect::<Vec<_>>().join(" ")
}

/// `text` as one word of a shell command.
pub fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+".contains(letter);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Returns the exit status of a program whose main function ended with `result`. Prints an error, if it is one.
pub fn exit_code(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::line;

    #[test]
    fn shells_get_the_same_words() {
        let mut command = Command::new("/bin/echo");
        command.args(["--app", "my system/it's.elf", "a$b", ""]);
        let expected = r"/bin/echo --app 'my system/it'\''s.elf' 'a$b' ''";
        assert_eq!(line(&command), expected);
    }
}
