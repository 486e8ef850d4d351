// SPDX-License-Identifier: BSD-2-Clause

//! Looks up addresses in a program.

use std::fmt;

use addr2line::Loader;

use super::numbers::{Number, Role};
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::INSTRUCTION;
use crate::elf::demangled::{demangled, without_generics};
use crate::elf::functions::Functions;
use crate::files::input::Input;
use crate::files::program;
use crate::manifest::base_name;

/// A program.
pub(crate) struct Program {
    /// The name of its file.
    pub(crate) name: String,
    /// The name that a log gives with a distance from the program's start. `None` for a program at fixed addresses.
    base: Option<&'static str>,
    /// How far its addresses lie above those in its file. `None` if unknown.
    start: Option<u64>,
    functions: Functions,
    /// Virtual addresses and content of its segments.
    segments: Vec<(u64, Vec<u8>)>,
    /// Its debug information, if readable.
    debug: Option<Loader>,
}

/// A place in a program's code.
pub(super) struct Place<'a> {
    pub(super) address: u64,
    /// The address of the instruction: for a return address, that of the call before it.
    instruction: u64,
    function: &'a str,
    /// Bytes from the start of the function.
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
    /// The same program, which can lie anywhere. Logs call it `base`; it lay at `start`, if that is known.
    pub(crate) fn movable(self, base: &'static str, start: Option<u64>) -> Self {
        Self {
            base: Some(base),
            start,
            ..self
        }
    }

    /// Reads a program at fixed addresses.
    pub(crate) fn read(origin: Origin<'_>) -> Result<Self, Diagnostic> {
        let file = Input::read(origin.flag, origin.value)?;
        let program = program::read(origin, &file.content)?;
        let functions = Functions::read(&file.content);
        if functions.is_empty() {
            let error = origin
                .diagnostic("has no symbols")
                .expected("functions in the section .symtab")
                .found("none")
                .remedy("pass the program as linked, before it was stripped");
            return Err(program::or_image(error, &file.content));
        }
        let segments = program.segments.iter();
        Ok(Self {
            name: base_name(origin.value),
            base: None,
            start: Some(0),
            functions,
            segments: segments
                .map(|segment| (segment.virt, segment.content.to_vec()))
                .collect(),
            debug: Loader::new(origin.value).ok(),
        })
    }

    /// The place in the program's code at `number`.
    pub(super) fn place(&self, number: &Number<'_>) -> Option<Place<'_>> {
        let address = match number.base {
            None => number.value.checked_sub(self.start?)?,
            base if base == self.base => number.value,
            _ => return None,
        };
        let is_return =
            number.role != Role::ProgramCounter && self.is_call(address.wrapping_sub(INSTRUCTION));
        let instruction = address - if is_return { INSTRUCTION } else { 0 };
        let function = self.functions.at(instruction)?;
        Some(Place {
            address,
            instruction,
            function: &function.name,
            offset: address - function.start,
        })
    }

    /// Whether the instruction at `address` is a call: BL, or BLR with or without pointer authentication
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

    /// The functions and source lines of a place, from the innermost function outwards.
    pub(super) fn frames(&self, place: &Place<'_>) -> Vec<String> {
        let mut said = Vec::new();
        let debug = self.debug.as_ref();
        let Some(Ok(mut frames)) = debug.map(|debug| debug.find_frames(place.instruction)) else {
            return said;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.as_ref();
            let function = function
                .and_then(|name| Some(without_generics(&demangled(&name.raw_name().ok()?))));
            let location = frame.location.and_then(|location| {
                let line = location.line.map(|line| format!(":{line}"));
                Some(format!("at {}{}", location.file?, line.unwrap_or_default()))
            });
            let words: Vec<_> = function.into_iter().chain(location).collect();
            if !words.is_empty() {
                said.push(words.join(" "));
            }
        }
        // Each but the last is inlined in the next.
        let inlined = said.len().saturating_sub(1);
        for frame in said.iter_mut().take(inlined) {
            frame.push_str(", inlined in");
        }
        said
    }
}
