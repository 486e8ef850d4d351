// SPDX-License-Identifier: BSD-2-Clause

//! Explaining the addresses in a log.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::explain::{Explainer, Kind, Program};
use crate::finding::{Finding, Flag, Origin};

/// The log's name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// A log, and the programs that were running.
#[derive(Clone, Debug, Args)]
#[group(id = "programs", multiple = true)]
pub(super) struct Arguments {
    /// What a console showed: a file, or - for standard input
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// The seL4 kernel
    #[arg(long, value_name = "FILE", required_unless_present_any = ["app", "loader", "unpacker"])]
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

impl Arguments {
    fn programs(&self) -> Result<Vec<Program>, Finding> {
        let fixed = self.kernel.iter().map(|path| (Flag::Kernel, path));
        let fixed = fixed.chain(self.app.iter().map(|path| (Flag::App, path)));
        let fixed = fixed.map(|(flag, path)| (flag, path, Kind::Fixed));
        let movable = [
            (Flag::Loader, &self.loader, "loader"),
            (Flag::Unpacker, &self.unpacker, "unpacker"),
        ];
        let movable = movable
            .into_iter()
            .filter_map(|(flag, path, name)| Some((flag, path.as_ref()?, Kind::Movable(name))));
        fixed
            .chain(movable)
            .map(|(flag, value, kind)| Program::read(Origin { flag, value }, kind))
            .collect()
    }
}

/// Prints a log with its addresses explained.
///
/// # Errors
///
/// Returns what is wrong with the log or the programs.
pub(super) fn run(arguments: &Arguments) -> Result<(), Finding> {
    let mut explainer = Explainer::new(arguments.programs()?);
    let log = &arguments.log;
    let failed = |error: io::Error| unreadable(log, &error);
    let out = io::stdout().lock();
    if log == Path::new(STANDARD_INPUT) {
        copy(io::stdin().lock(), out, &mut explainer).map_err(failed)?;
    } else {
        let file = File::open(log).map_err(failed)?;
        copy(BufReader::new(file), out, &mut explainer).map_err(failed)?;
    }
    if explainer.is_idle() {
        let programs = explainer.programs().iter().map(Program::name);
        let programs: Vec<_> = programs.collect();
        eprintln!(
            "nothing to explain: no address in this log lies in the code of {}",
            programs.join(" or ")
        );
    }
    Ok(())
}

/// Copies the log, each line as soon as it is there.
fn copy(mut log: impl BufRead, mut out: impl Write, explainer: &mut Explainer) -> io::Result<()> {
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        let explanation = explainer.explain(text);
        let written = writeln!(out, "{text}").and_then(|()| out.write_all(explanation.as_bytes()));
        match written {
            // Whoever reads this has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        line.clear();
    }
    Ok(())
}

fn unreadable(log: &Path, error: &io::Error) -> Finding {
    Origin {
        flag: Flag::Log,
        value: log,
    }
    .finding("can't be read")
    .expected("a readable file, or - for standard input")
    .found(error.to_string())
    .remedy("correct the name")
}
