// SPDX-License-Identifier: BSD-2-Clause

//! Explaining the addresses in a log.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use goblin::elf::header::ELFMAG;

use super::text;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::explain::{Explainer, Kind, Program};
use crate::files::access;

/// The log's name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// What colours and the like begin with.
const ESCAPE: u8 = 0x1b;

/// Most bytes of a line. A longer one, which may have no end, is taken for several.
const LONGEST_LINE: u64 = 64 << 10;

/// One byte among so many may be one that no console shows: noise of a serial line.
const NOISE: usize = 8;

/// A log, and the programs that were running.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// What a console showed: a file, or - for standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,
    #[command(flatten)]
    programs: Programs,
}

/// The programs, at least one.
#[derive(Clone, Debug, Args)]
#[group(id = "programs", required = true, multiple = true)]
struct Programs {
    /// The seL4 kernel
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// The root task, or another program by it; may be given several times
    #[arg(long, value_name = "FILE")]
    app: Vec<PathBuf>,
    /// The KaaL loader
    #[arg(long, value_name = "FILE")]
    loader: Option<PathBuf>,
    /// The unpacker
    #[arg(long, value_name = "FILE")]
    unpacker: Option<PathBuf>,
}

impl Programs {
    fn read(&self) -> Result<Vec<Program>, Diagnostic> {
        let kernel = self
            .kernel
            .iter()
            .map(|path| (Flag::Kernel, path, Kind::Fixed));
        let apps = self.app.iter().map(|path| (Flag::App, path, Kind::Fixed));
        let loader = self.loader.iter();
        let loader = loader.map(|path| (Flag::Loader, path, Kind::Movable("loader")));
        let unpacker = self.unpacker.iter();
        let unpacker = unpacker.map(|path| (Flag::Unpacker, path, Kind::Movable("unpacker")));
        let all = kernel.chain(apps).chain(loader).chain(unpacker);
        all.map(|(flag, path, kind)| Program::read(Origin::new(flag, path), kind))
            .collect()
    }
}

/// Prints a log with its addresses explained.
///
/// # Errors
///
/// Returns what is wrong with the log or the programs.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let origin = Origin::new(Flag::Log, &arguments.log);
    let log: Box<dyn BufRead> = match arguments.log == Path::new(STANDARD_INPUT) {
        true => Box::new(io::stdin().lock()),
        false => Box::new(open(origin)?),
    };
    let mut explainer = Explainer::new(arguments.programs.read()?);
    copy(origin, log, io::stdout().lock(), &mut explainer)?;
    if explainer.is_idle() {
        let programs = explainer.programs.iter();
        let names: Vec<_> = programs.map(|program| program.name.as_str()).collect();
        let names = names.join(" or ");
        eprintln!("nothing to explain: no address in this log lies in the code of {names}");
    }
    Ok(())
}

/// Opens the log, if it may be one. What a serial line begins with may be anything, what was stored may not.
fn open(origin: Origin<'_>) -> Result<BufReader<File>, Diagnostic> {
    let failed = |error: io::Error| access::unreadable(origin, &error);
    let file = File::open(origin.value).map_err(failed)?;
    let is_stored = file.metadata().map_err(failed)?.is_file();
    let mut log = BufReader::new(file);
    if is_stored {
        check_text(origin, log.fill_buf().map_err(failed)?)?;
    }
    Ok(log)
}

/// Copies the log, each line as soon as it is there.
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
        let written = writeln!(out, "{text}").and_then(|()| out.write_all(explanation.as_bytes()));
        if written.is_err() {
            return text::written(written);
        }
        line.clear();
    }
    Ok(())
}

/// Checks that what begins with `start` may be what a console showed.
fn check_text(origin: Origin<'_>, start: &[u8]) -> Result<(), Diagnostic> {
    let is_shown =
        |byte: &&u8| !byte.is_ascii_control() || byte.is_ascii_whitespace() || **byte == ESCAPE;
    let hidden = start.len() - start.iter().filter(is_shown).count();
    if hidden * NOISE <= start.len() {
        return Ok(());
    }
    let found = match start.starts_with(ELFMAG) {
        true => "an ELF file".to_owned(),
        false => format!(
            "{hidden} control characters in the first {} bytes",
            start.len()
        ),
    };
    Err(origin
        .diagnostic("no log of a console")
        .expected("text, in which addresses stand")
        .found(found)
        .remedy("give what the console showed; programs have the options --kernel, --app, --loader and --unpacker"))
}
