// SPDX-License-Identifier: BSD-2-Clause

//! What the inputs say of the machine's RAM.

use kaal_payload::{PhysAddr, PhysRange};

use crate::finding::{Finding, Origin};
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

    /// Checks that `what`, which comes from `origin`, is to lie in RAM.
    pub(crate) fn check(
        &self,
        origin: Origin<'_>,
        what: &str,
        place: PhysRange,
    ) -> Result<(), Finding> {
        for source in &self.0 {
            if !ram::contains(&source.ram, place) {
                return Err(origin
                    .finding(format!("{what} would lie outside RAM"))
                    .expected(format!(
                        "a place within {} ({})",
                        ram::describe(&source.ram),
                        source.origin
                    ))
                    .found(place.to_string())
                    .remedy(
                        "give the files of one platform; --app-offset must stay within its RAM",
                    ));
            }
        }
        Ok(())
    }
}
