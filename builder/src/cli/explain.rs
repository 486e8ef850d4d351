// SPDX-License-Identifier: BSD-2-Clause

//! `explain`: explains the addresses in a console log.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::messages::Messages;
use super::text;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::explain::{Explainer, MARK, Program};
use crate::files::access::{self, STANDARD_INPUT};
use crate::files::kind::{FileKind, HEAD_SIZE};
use crate::printable;

/// First byte of escape sequences, for example of colours.
const ESCAPE: u8 = 0x1b;

/// Most bytes of a line. A longer one counts as several, since it may never end.
const LONGEST_LINE: u64 = 64 << 10;

/// One byte in this many may be unprintable: serial lines have noise.
const NOISE: usize = 8;

/// The log, and the programs that ran.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Console log: a file, or - for standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    programs: Programs,
}

/// The programs that ran; at least one is required.
#[derive(Clone, Debug, Args)]
#[group(id = "programs", required = true, multiple = true)]
struct Programs {
    /// seL4 kernel
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// Root task, or a program that it starts; can be repeated
    #[arg(long, value_name = "FILE")]
    app: Vec<PathBuf>,
    /// KaaL loader
    #[arg(long, value_name = "FILE")]
    loader: Option<PathBuf>,
    /// Unpacker
    #[arg(long, value_name = "FILE")]
    unpacker: Option<PathBuf>,
}

impl Programs {
    fn read(&self) -> Result<Vec<Program>, Diagnostic> {
        let given = [
            (Flag::Kernel, self.kernel.as_slice(), None),
            (Flag::App, &self.app, None),
            (Flag::Loader, self.loader.as_slice(), Some("loader")),
            (Flag::Unpacker, self.unpacker.as_slice(), Some("unpacker")),
        ];
        let programs = given.into_iter().flat_map(|(flag, paths, base)| {
            let origins = paths.iter().map(move |path| Origin::new(flag, path));
            origins.map(move |origin| Program::read(origin, base))
        });
        programs.collect()
    }
}

/// Prints the log with an explanation below each line that holds addresses.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> Result<(), Diagnostic> {
    let origin = Origin::new(Flag::Log, &arguments.log);
    let failed = |error: io::Error| access::unreadable(origin, &error);
    let (mut log, is_stored) = open(origin).map_err(failed)?;
    check_text(origin, log.fill_buf().map_err(failed)?, is_stored)?;
    let mut explainer = Explainer::new(arguments.programs.read()?);
    copy(origin, log, io::stdout().lock(), &mut explainer)?;
    if explainer.is_idle() {
        let programs = explainer.programs.iter();
        let names: Vec<_> = programs.map(|program| program.name.as_str()).collect();
        let names = names.join(" or ");
        messages.write_note(&printable::line(&format!(
            "nothing to explain: the log holds no address in the code of {names}"
        )));
    }
    Ok(())
}

/// Opens the log. Returns whether it is a regular file too.
fn open(origin: Origin<'_>) -> io::Result<(Box<dyn BufRead>, bool)> {
    if origin.value == Path::new(STANDARD_INPUT) {
        return Ok((Box::new(io::stdin().lock()), false));
    }
    let file = File::open(origin.value)?;
    let is_stored = file.metadata()?.is_file();
    let log = BufReader::with_capacity(HEAD_SIZE as usize, file);
    Ok((Box::new(log), is_stored))
}

/// Checks that `start` can be the start of a log. Only a serial line may begin with much noise.
fn check_text(origin: Origin<'_>, start: &[u8], is_stored: bool) -> Result<(), Diagnostic> {
    let is_shown =
        |byte: &&u8| !byte.is_ascii_control() || byte.is_ascii_whitespace() || **byte == ESCAPE;
    let size = start.len();
    let hidden = size - start.iter().filter(is_shown).count();
    let is_noise = is_stored && hidden * NOISE > size;
    let kind = FileKind::of(start);
    let diagnostic = origin
        .diagnostic("not a console log")
        .expected("text")
        .found(format!("{hidden} control characters in the first {size} bytes"))
        .remedy("pass the log of the console here, and programs to --kernel, --app, --loader or --unpacker");
    match size > 0 && kind.is_binary() {
        true => Err(kind.found_by(diagnostic)),
        false if is_noise => Err(diagnostic),
        false => Ok(()),
    }
}

/// Copies the log line by line, so that a live console shows each line at once.
fn copy(
    origin: Origin<'_>,
    mut log: impl BufRead,
    mut out: impl Write,
    explainer: &mut Explainer,
) -> Result<(), Diagnostic> {
    let mut line = Vec::new();
    let failed = |error| access::unreadable(origin, &error);
    let mut read = |line: &mut Vec<u8>| {
        let mut log = log.by_ref().take(LONGEST_LINE);
        log.read_until(b'\n', line).map_err(failed)
    };
    while read(&mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        let explanation = explainer.explain(text);
        let written = write!(out, "{}\n{explanation}", shown(text));
        if written.is_err() {
            return text::written(written);
        }
        line.clear();
    }
    Ok(())
}

/// The line `text` of the log. It doesn't pass for an explanation.
fn shown(text: &str) -> String {
    let shown = printable::line(text);
    match shown.starts_with(MARK) {
        true => shown.replacen('|', r"\u{7c}", 1),
        false => shown,
    }
}
