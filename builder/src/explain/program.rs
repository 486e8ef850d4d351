// SPDX-License-Identifier: BSD-2-Clause

//! A program whose addresses can be explained.

use std::fmt;

use addr2line::Loader;

use super::numbers::Number;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf;
use crate::elf::demangled::demangled;
use crate::elf::functions::Functions;
use crate::files::input::{self, Input};
use crate::manifest::base_name;

/// Size in bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// What an address of a program looks like in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it was linked.
    Fixed,
    /// By the distance from the start of the program, which is called so.
    Movable(&'static str),
}

/// A program.
pub(crate) struct Program {
    /// The name of its file.
    pub(crate) name: String,
    kind: Kind,
    functions: Functions,
    /// Addresses and content of its segments.
    segments: Vec<(u64, Vec<u8>)>,
    /// Its debug information, if it can be understood.
    debug: Option<Loader>,
}

/// A place in a program's code.
pub(super) struct Place<'a> {
    pub(super) address: u64,
    /// The address of the instruction that the place is about: the call, if it is where one returns to.
    instruction: u64,
    function: &'a str,
    /// Bytes from the function's start to the address.
    offset: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_return = self.instruction != self.address;
        let what = if is_return { "returns to " } else { "" };
        write!(f, "{what}{}+{:#x}", self.function, self.offset)
    }
}

impl Program {
    /// Reads the program that `origin` names.
    pub(crate) fn read(origin: Origin<'_>, kind: Kind) -> Result<Self, Diagnostic> {
        let file = Input::read_program(origin.flag, origin.value)?;
        let program = elf::Program::read(origin, &file.content)?;
        let functions = input::read_functions(origin.flag, origin.value)?;
        if functions.is_empty() {
            return Err(origin
                .diagnostic("has no symbols to explain addresses by")
                .expected("functions in a section .symtab")
                .found("none")
                .remedy("give the file as it was linked, before it was stripped"));
        }
        let segments = program.segments.iter();
        Ok(Self {
            name: base_name(origin.value),
            kind,
            functions,
            segments: segments
                .map(|segment| (segment.virt, segment.content.to_vec()))
                .collect(),
            debug: Loader::new(origin.value).ok(),
        })
    }

    /// The place in its code that `number` names, if it does.
    pub(super) fn place(&self, number: &Number<'_>) -> Option<Place<'_>> {
        let is_named_so = match self.kind {
            Kind::Fixed => number.base.is_none(),
            Kind::Movable(name) => number.base == Some(name),
        };
        if !is_named_so {
            return None;
        }
        let address = number.value;
        let is_return =
            !number.is_program_counter && self.is_call(address.wrapping_sub(INSTRUCTION));
        let instruction = address - if is_return { INSTRUCTION } else { 0 };
        let function = self.functions.at(instruction)?;
        Some(Place {
            address,
            instruction,
            function: &function.name,
            offset: address - function.start,
        })
    }

    /// Whether a call lies at `address`: BL, BLR or one of its variants with pointer authentication
    /// (Arm ARM, DDI 0487, section C4.1.94, "Branches, Exception Generating and System instructions").
    fn is_call(&self, address: u64) -> bool {
        self.word(address)
            .is_some_and(|word| word >> 26 == 0b10_0101 || word & 0xfeff_f000 == 0xd63f_0000)
    }

    fn word(&self, address: u64) -> Option<u32> {
        self.segments.iter().find_map(|(start, content)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            let word = content.get(offset..)?.first_chunk()?;
            Some(u32::from_le_bytes(*word))
        })
    }

    /// What the debug information says of a place, from the innermost function out.
    pub(super) fn frames(&self, place: &Place<'_>) -> Vec<String> {
        let mut said = Vec::new();
        let debug = self.debug.as_ref();
        let Some(Ok(mut frames)) = debug.map(|debug| debug.find_frames(place.instruction)) else {
            return said;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.and_then(|name| {
                let name = name.raw_name().ok()?;
                Some(demangled(&name))
            });
            let location = frame.location.and_then(|location| {
                let line = location.line.map(|line| format!(":{line}"));
                Some(format!("at {}{}", location.file?, line.unwrap_or_default()))
            });
            let words: Vec<_> = function.into_iter().chain(location).collect();
            if !words.is_empty() {
                said.push(words.join(" "));
            }
        }
        // All but the last are inlined in the one behind them.
        let inlined = said.len().saturating_sub(1);
        for frame in said.iter_mut().take(inlined) {
            frame.push_str(", inlined in");
        }
        said
    }
}
