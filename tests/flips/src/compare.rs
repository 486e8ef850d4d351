// SPDX-License-Identifier: BSD-2-Clause

//! Compares the result of a boot with that of the undamaged image.

use core::fmt::{self, Write};

use kaal_flips::{Fate, Outcome, Span};

use crate::memory::Memory;
use crate::own_registers::SEEN;
use crate::run::{End, Handover, Run};

/// The result of the undamaged image.
pub(crate) struct Reference {
    pub(crate) entry: u64,
    pub(crate) handover: Handover,
    /// The time limit for damaged images, in the counter's units.
    pub(crate) limit: u64,
}

/// The result of a boot.
pub(crate) struct Found<'a> {
    pub(crate) outcome: Outcome,
    run: &'a Run,
    difference: Option<Difference>,
}

/// A difference in what the kernel is entered with.
enum Difference {
    Argument(usize),
    State,
    Register(&'static str),
    Memory(u64),
}

impl<'a> Found<'a> {
    /// The result of `run`. The kernel relies on the memory in `seen`.
    pub(crate) fn new(run: &'a Run, memory: &Memory, reference: &Reference, seen: &[Span]) -> Self {
        let difference = match run.end {
            End::Entered => first_difference(&run.handover(), memory, reference, seen),
            _ => None,
        };
        let outcome = match run.end {
            End::Entered if difference.is_none() => Outcome::Irrelevant,
            End::Entered => Outcome::Unaccounted,
            // After a failure was named, the lost core may be anywhere, also in the kernel.
            End::Strayed if !run.names_failure => Outcome::Unaccounted,
            _ if run.names_failure => Outcome::Named,
            _ if run.text.is_empty() => Outcome::Silent,
            _ => Outcome::Garbled,
        };
        Self {
            outcome,
            run,
            difference,
        }
    }

    /// The fate of a forgery with this result. `constant` is the memory that no loader changes.
    pub(crate) fn fate(&mut self, memory: &Memory, constant: Span) -> Fate {
        if self.difference.is_none() {
            self.difference = memory.first_change(constant).map(Difference::Memory);
        }
        let is_confined = self.difference.is_none() && self.run.strange_access.is_none();
        match (self.outcome, self.run.end) {
            (Outcome::Irrelevant, _) if is_confined && self.run.text.is_empty() => Fate::AsSigned,
            (Outcome::Named, End::Off | End::Rests) if is_confined => Fate::Refused,
            _ => Fate::Differs,
        }
    }
}

fn first_difference(
    found: &Handover,
    memory: &Memory,
    reference: &Reference,
    seen: &[Span],
) -> Option<Difference> {
    let expected = &reference.handover;
    let first = |found: &[u64], expected: &[u64]| {
        let mut pairs = found.iter().zip(expected);
        pairs.position(|(found, expected)| found != expected)
    };
    first(&found.arguments, &expected.arguments)
        .map(Difference::Argument)
        .or((found.state != expected.state).then_some(Difference::State))
        .or_else(|| {
            let register = first(&found.own_registers, &expected.own_registers);
            register.map(|index| Difference::Register(SEEN[index]))
        })
        .or_else(|| memory.first_difference(seen).map(Difference::Memory))
}

/// Printed as the end and its cause, but not in the loader's own words, which would end the test.
impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.run;
        write!(f, "{} at {:#x}", run.end, run.guest.address)?;
        match self.difference {
            Some(Difference::Argument(index)) => write!(f, ", x{index} differs")?,
            Some(Difference::State) => f.write_str(", PSTATE differs")?,
            Some(Difference::Register(name)) => write!(f, ", {name} differs")?,
            Some(Difference::Memory(address)) => write!(f, ", {address:#x} differs")?,
            None => {}
        }
        if let Some(address) = run.strange_access {
            write!(f, ", accesses {address:#x}")?;
        }
        if !run.text.is_empty() && !run.names_failure {
            f.write_str(", prints ")?;
            for &byte in run.text.as_bytes() {
                let is_plain = byte.is_ascii_alphanumeric();
                f.write_char(if is_plain { byte.into() } else { '.' })?;
            }
        }
        Ok(())
    }
}
