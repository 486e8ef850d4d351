// SPDX-License-Identifier: BSD-2-Clause

//! What the inputs say of the machine's RAM.

use std::fmt;

use kaal_payload::{PhysAddr, PhysRange};

use crate::finding::Origin;
use crate::kernel::PADDR_TOP;
use crate::ram;

/// RAM as one input tells it.
struct Source<'a> {
    origin: Origin<'a>,
    ram: Vec<PhysRange>,
}

/// RAM as all inputs tell it.
#[derive(Default)]
pub(crate) struct Memory<'a>(Vec<Source<'a>>);

impl<'a> Memory<'a> {
    /// Adds what `origin` says; an input that names no RAM says nothing.
    pub(crate) fn add(&mut self, origin: Origin<'a>, ram: Vec<PhysRange>) {
        if !ram.is_empty() {
            self.0.push(Source { origin, ram });
        }
    }

    /// Whether no input says where RAM is.
    pub(crate) fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// The memory that may be used: what all inputs call RAM. Where none does, it is taken to
    /// begin with the kernel.
    pub(crate) fn usable(&self, kernel: PhysRange) -> Vec<PhysRange> {
        let start = if self.is_unknown() {
            kernel.start
        } else {
            PhysAddr(0)
        };
        let all = vec![PhysRange {
            start,
            end: PADDR_TOP,
        }];
        self.0
            .iter()
            .fold(all, |usable, source| ram::intersect(&usable, &source.ram))
    }

    /// The input that doesn't count all of `place` as RAM, if there is one, and what it does.
    pub(crate) fn refusing(&self, place: PhysRange) -> Option<String> {
        self.0
            .iter()
            .find(|source| !ram::contains(&source.ram, place))
            .map(Source::to_string)
    }
}

/// Shown as `0x40000000..0x80000000 (--dtb kernel.dtb)`.
impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", ram::describe(&self.ram), self.origin)
    }
}

/// All inputs that name RAM.
impl fmt::Display for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources: Vec<_> = self.0.iter().map(Source::to_string).collect();
        match sources.as_slice() {
            [] => write!(f, "unknown"),
            _ => write!(f, "{}", sources.join(", ")),
        }
    }
}
