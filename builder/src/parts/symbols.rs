// SPDX-License-Identifier: BSD-2-Clause

//! Builds the table of function names for fault reports ([`kaal_payload::Symbol`]).

use std::path::Path;

use kaal_payload::{DistanceSize, PAGE_SIZE, PhysAddr, encode_symbol};

use super::kernel::Kernel;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf::INSTRUCTION;
use crate::elf::functions::{Function, Functions};
use crate::files::File;
use crate::options::{Inputs, Symbols};

/// Largest gap in bytes between two functions that counts as alignment, not as the end of the first
/// one.
const PADDING: u64 = 64;

/// Largest table in bytes that `--symbols auto` embeds without a kernel configuration: three times
/// the table of a debug kernel.
const LARGEST: usize = 48 << 10;

/// The names in one image, if it holds any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    loader: Vec<Function>,
    kernel: Vec<Function>,
    /// Size of the table in bytes. It doesn't depend on the loader's address.
    table_size: usize,
}

impl Names {
    /// Chooses the names of the kernel and of a loader of `loader_size` bytes. `is_debug` is
    /// `KernelDebugBuild`, if known.
    pub(crate) fn choose(
        inputs: &Inputs<'_>,
        is_debug: Option<bool>,
        kernel: &Kernel<'_>,
        loader_size: u64,
    ) -> Result<Self, Diagnostic> {
        let wanted = inputs.settings.symbols;
        if matches!(
            (wanted, is_debug),
            (Symbols::Off, _) | (Symbols::Auto, Some(false))
        ) {
            return Ok(Self::default());
        }
        let file = inputs.system.kernel();
        let mut names = Self {
            loader: functions(inputs.loader, 0, loader_size),
            kernel: file.map_or(Vec::new(), |file| {
                functions(file, kernel.virt().0, kernel.memory.size())
            }),
            table_size: 0,
        };
        if wanted == Symbols::On && names.kernel.is_empty() {
            return Err(
                Origin::new(Flag::Kernel, file.map_or(Path::new(""), |file| file.path))
                    .diagnostic("has no symbols, but --symbols on needs them")
                    .expected("functions in a section .symtab")
                    .found("none")
                    .remedy("pass the kernel.elf of seL4's build, or leave the option out"),
            );
        }
        names.table_size = names.table(PhysAddr(0)).len();
        let is_unexpected =
            (wanted, is_debug) == (Symbols::Auto, None) && names.table_size > LARGEST;
        match names.kernel.is_empty() || is_unexpected {
            true => Ok(Self::default()),
            false => Ok(names),
        }
    }

    /// Size of the table in bytes, in whole pages.
    pub(crate) fn size(&self) -> u64 {
        (self.table_size as u64).next_multiple_of(PAGE_SIZE)
    }

    /// The table for a loader at `base`, which is below the kernel's virtual addresses.
    pub(crate) fn table(&self, base: PhysAddr) -> Vec<u8> {
        let mut table = Table::default();
        table.add(base.0, &self.loader);
        table.add(0, &self.kernel);
        table.bytes
    }
}

/// The functions of `program` within `size` bytes from `start`.
fn functions(program: File<'_>, start: u64, size: u64) -> Vec<Function> {
    let functions = Functions::read(program.content);
    let end = start.saturating_add(size);
    functions.between(start, end).to_vec()
}

/// A table during its construction.
#[derive(Default)]
struct Table {
    bytes: Vec<u8>,
    /// The address of the last entry.
    last: u64,
}

impl Table {
    /// Adds functions of a program that runs `offset` bytes above its link address.
    fn add(&mut self, offset: u64, functions: &[Function]) {
        let mut size = DistanceSize::Largest;
        for (index, function) in functions.iter().enumerate() {
            let [start, end] = [function.start, function.end].map(|address| offset + address);
            self.push(start, size, &function.name);
            size = DistanceSize::Least;
            let next = functions.get(index + 1);
            if next.is_none_or(|next| offset + next.start - end >= PADDING) {
                self.push(end, size, "");
            }
        }
    }

    fn push(&mut self, address: u64, size: DistanceSize, name: &str) {
        // Addresses in a table are multiples of it.
        let address = address - address % INSTRUCTION;
        encode_symbol(&mut self.bytes, address - self.last, size, name.bytes());
        self.last = address;
    }
}
