// SPDX-License-Identifier: BSD-2-Clause

//! `explain`: explains the addresses in a console log.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::messages::Messages;
use super::text;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::explain::{Components, Explainer, MARK, Program};
use crate::files::access::STANDARD_INPUT;
use crate::files::kind::{FileKind, HEAD_SIZE};
use crate::files::output::folder;
use crate::files::{self, access, bounded};
use crate::image_reader::{self, ImageReader};
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
    /// Image that ran: it tells the loader's address, which logs of other firmware and of QEMU hold
    #[arg(long, value_name = "IMAGE")]
    image: Option<PathBuf>,
    /// Folder with the programs of the root task's components, by their names [default: that of --app]
    #[arg(long, value_name = "FOLDER")]
    components: Option<PathBuf>,
}

impl Arguments {
    /// The address of the loader in the image.
    fn loader(&self) -> Result<Option<u64>, Diagnostic> {
        let Some(path) = self.image.as_deref() else {
            return Ok(None);
        };
        let content = &image_reader::read(path)?;
        let image = ImageReader::open(files::File { path, content })?;
        Ok(Some(image.loader().start.0))
    }

    /// The folders with the programs of components.
    fn components(&self) -> Vec<PathBuf> {
        match &self.components {
            Some(folder) => vec![folder.clone()],
            None => self
                .programs
                .app
                .iter()
                .map(|app| folder(app).to_owned())
                .collect(),
        }
    }
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
    /// Reads the programs; `loader` is where the loader lay, if that is known.
    fn read(&self, loader: Option<u64>) -> Result<Vec<Program>, Diagnostic> {
        let kernel = self.kernel.iter().map(|path| (Flag::Kernel, path));
        let fixed = kernel.chain(self.app.iter().map(|path| (Flag::App, path)));
        let fixed = fixed.map(|(flag, path)| Program::read(Origin::new(flag, path)));
        let mut programs = fixed.collect::<Result<Vec<_>, _>>()?;
        if let Some(path) = &self.loader {
            let program = Program::read(Origin::new(Flag::Loader, path))?;
            programs.push(program.movable("loader", loader));
        }
        if let Some(path) = &self.unpacker {
            let program = Program::read(Origin::new(Flag::Unpacker, path))?;
            programs.push(program.movable("unpacker", None));
        }
        Ok(programs)
    }
}

/// Prints the log with an explanation below each line that holds addresses.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> Result<(), Diagnostic> {
    let origin = Origin::new(Flag::Log, &arguments.log);
    let failed = |error: io::Error| access::unreadable(origin, &error);
    let (mut log, is_stored) = open(origin).map_err(failed)?;
    check_text(origin, log.fill_buf().map_err(failed)?, is_stored)?;
    arguments
        .components
        .as_deref()
        .map_or(Ok(()), bounded::check_folder)?;
    let components = Components::new(arguments.components());
    let programs = arguments.programs.read(arguments.loader()?)?;
    let mut explainer = Explainer::new(programs, components);
    copy(origin, log, io::stdout().lock(), &mut explainer)?;
    if explainer.is_idle() {
        let names = explainer.names().collect::<Vec<_>>().join(" or ");
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
