// SPDX-License-Identifier: BSD-2-Clause

//! The names of addresses that an image holds for reports of faults ([`kaal_payload::Symbol`]).

use kaal_payload::{DistanceSize, PAGE_SIZE, PhysAddr, encode_symbol};

use super::kernel::Kernel;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::functions::{Function, Functions};
use crate::options::Symbols;

/// Bytes between two functions that are not taken for the end of the first one: what aligns the next.
const PADDING: u64 = 64;

/// Size in bytes of an instruction, which addresses in a table are multiples of.
const INSTRUCTION: u64 = 4;

/// The largest table that is embedded without being asked for, where nothing says whether the kernel is
/// one to debug: three times what a debug kernel's takes.
const LARGEST: usize = 48 << 10;

/// The names for one image; none where it is not to hold any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names<'a> {
    loader: &'a [Function],
    kernel: &'a [Function],
    /// Size of the table in bytes, wherever the loader lies.
    table_size: usize,
}

/// What is known of a program's functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) functions: Option<&'a Functions>,
}

impl<'a> Source<'a> {
    fn between(self, start: u64, size: u64) -> &'a [Function] {
        let end = start.saturating_add(size);
        let functions = self.functions;
        functions.map_or(&[], |functions| functions.between(start, end))
    }
}

impl<'a> Names<'a> {
    /// The names that are wanted of a kernel, and of a loader of `loader_size` bytes. `is_debug` is what
    /// the kernel's configuration says, if it is given.
    pub(crate) fn choose(
        wanted: Symbols,
        is_debug: Option<bool>,
        (source, kernel): (Source<'a>, &Kernel<'_>),
        (loader, loader_size): (Source<'a>, u64),
    ) -> Result<Self, Diagnostic> {
        let mut names = Self {
            loader: loader.between(0, loader_size),
            kernel: source.between(kernel.virt().0, kernel.memory.size()),
            table_size: 0,
        };
        if wanted == Symbols::On && names.kernel.is_empty() {
            return Err(source
                .origin
                .diagnostic("has no symbols, which --symbols on asks for")
                .expected("functions in a section .symtab")
                .found("none")
                .remedy("give the kernel.elf that seL4's build leaves, or leave the option out"));
        }
        names.table_size = names.table(PhysAddr(0)).len();
        let is_chosen = match (wanted, is_debug) {
            _ if names.kernel.is_empty() => false,
            (Symbols::Off, _) => false,
            (Symbols::On, _) => true,
            (Symbols::Auto, Some(is_debug)) => is_debug,
            (Symbols::Auto, None) => names.table_size <= LARGEST,
        };
        Ok(if is_chosen { names } else { Self::default() })
    }

    /// Bytes of memory that the table takes, in whole pages.
    pub(crate) fn size(&self) -> u64 {
        (self.table_size as u64).next_multiple_of(PAGE_SIZE)
    }

    /// The table for a loader at `base`, which is always below the kernel's virtual addresses.
    pub(crate) fn table(&self, base: PhysAddr) -> Vec<u8> {
        let mut table = Table::default();
        table.add(base.0, self.loader);
        table.add(0, self.kernel);
        table.bytes
    }
}

/// A table under way.
#[derive(Default)]
struct Table {
    bytes: Vec<u8>,
    /// The address of the last entry.
    last: u64,
}

impl Table {
    /// Adds functions of a program that lies `offset` bytes above where it is linked for.
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
        let address = address - address % INSTRUCTION;
        encode_symbol(&mut self.bytes, address - self.last, size, name.bytes());
        self.last = address;
    }
}
