// SPDX-License-Identifier: BSD-2-Clause

//! Detects programs that were given to the wrong options.

use goblin::elf::header::ET_EXEC;

use super::boot_program::{BootProgram, LOADER, STUB, UNPACKER};
use super::kernel::Kernel;
use crate::diagnostic::{Diagnostic, Flag};
use crate::elf::Program;
use crate::files::File;
use crate::options::Inputs;

/// Adds a hint to `diagnostic` if the program of another option fits the option that it is about.
pub(crate) fn suspect(diagnostic: Diagnostic, inputs: &Inputs<'_>) -> Diagnostic {
    let wanted = diagnostic.flag();
    let programs = [
        (Flag::Loader, Some(inputs.loader)),
        (Flag::Unpacker, inputs.unpacker),
        (Flag::EfiStub, inputs.efi_stub),
        (Flag::Kernel, inputs.system.kernel()),
        (Flag::App, inputs.system.app()),
    ];
    let mut programs = programs
        .into_iter()
        .filter_map(|(flag, file)| Some((flag, file?)));
    let other = programs.find(|(flag, file)| *flag != wanted && is_for(wanted, file));
    match other {
        Some((flag, _)) => diagnostic.or_else(&format!("{wanted} and {flag} may be swapped")),
        None => diagnostic,
    }
}

/// Whether `file` looks like a program for the option `flag`. No program fits two options.
fn is_for(flag: Flag, file: &File<'_>) -> bool {
    let origin = file.origin(flag);
    let is_kernel = || Kernel::read(origin, file.content).is_ok();
    match flag {
        Flag::Loader => BootProgram::read(origin, file.content, &LOADER).is_ok(),
        Flag::Unpacker => BootProgram::read(origin, file.content, &UNPACKER).is_ok(),
        Flag::EfiStub => BootProgram::read(origin, file.content, &STUB).is_ok(),
        Flag::Kernel => is_kernel(),
        Flag::App => {
            let program = Program::read(origin, file.content);
            program.is_ok_and(|program| program.kind == ET_EXEC) && !is_kernel()
        }
        _ => false,
    }
}
