// SPDX-License-Identifier: BSD-2-Clause

//! Counts what the compared trees have, because comparing nothing would find no difference.

use std::fmt;

use crate::described::Described;

/// How many trees have each fact.
#[derive(Default)]
pub(crate) struct Tally([(&'static str, usize); 7]);

impl Tally {
    pub(crate) fn add(&mut self, machine: &Described) {
        let facts = [
            ("console", machine.console.is_some()),
            ("PSCI", machine.psci.is_some()),
            ("GIC", machine.gic.is_some()),
            ("several cores", machine.cores.len() > 1),
            ("RAM", machine.ram.iter().any(|(_, size)| *size > 0)),
            ("reserved memory", !machine.reserved.is_empty()),
            ("no-map memory", !machine.no_map.is_empty()),
        ];
        for (counted, (name, is_there)) in self.0.iter_mut().zip(facts) {
            counted.0 = name;
            counted.1 += usize::from(is_there);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.0.map(|(name, count)| format!("{name} in {count}"));
        f.write_str(&facts.join(", "))
    }
}
