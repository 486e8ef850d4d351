// SPDX-License-Identifier: BSD-2-Clause

//! Sums up what became of all forgeries.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, bail, ensure};
use kaal_flips::Fate;

use super::Forgery;

/// Upper limit of forgeries in an error.
const SHOWN: usize = 10;

/// What became of forgeries.
#[derive(Default)]
pub struct Summary {
    name: &'static str,
    first_seed: u64,
    steps: usize,
    forgeries: usize,
    /// How many `check` accepts.
    accepted: usize,
    fates: BTreeMap<Fate, usize>,
    /// A text for each forgery that `check` accepts although it doesn't boot as signed, or that does anything else when
    /// it boots.
    wrong: Vec<String>,
    /// A text for each other forgery that `check` accepts.
    harmless: Vec<String>,
}

impl Summary {
    pub(super) fn new(name: &'static str, first_seed: u64) -> Self {
        Self {
            name,
            first_seed,
            ..Self::default()
        }
    }

    /// Adds a forgery. Its fate and the hypervisor's words are `None` if it was not booted.
    pub(super) fn add(&mut self, forgery: &Forgery, booted: Option<&(Fate, String)>) {
        self.forgeries += 1;
        self.steps += forgery.steps.len();
        self.accepted += usize::from(forgery.is_accepted);
        let fate = booted.map(|&(fate, _)| fate);
        if let Some(fate) = fate {
            *self.fates.entry(fate).or_default() += 1;
        }
        let is_wrong = match forgery.is_accepted {
            true => fate != Some(Fate::AsSigned),
            false => fate == Some(Fate::Differs),
        };
        let list = match (is_wrong, forgery.is_accepted) {
            (true, _) => &mut self.wrong,
            (false, true) => &mut self.harmless,
            (false, false) => return,
        };
        let check = match forgery.is_accepted {
            true => "accepts",
            false => "refuses",
        };
        let boot = booted.map_or_else(String::new, |(fate, detail)| {
            format!(", the boot: {fate} {detail}")
        });
        list.push(format!(
            "seed {}: `check` {check} it{boot}\n    {}",
            forgery.seed,
            forgery.steps.join("\n    ")
        ));
    }

    /// A text for each forgery that `check` accepts, and that boots exactly as the signed image.
    pub fn harmless(&self) -> &[String] {
        &self.harmless
    }

    /// Checks that no forgery is accepted or booted.
    ///
    /// # Errors
    ///
    /// Names the forgeries that are, with their steps.
    pub fn check(&self) -> Result<()> {
        ensure!(self.forgeries > 0, "nothing was forged");
        if !self.wrong.is_empty() {
            bail!(
                "{} of {} forgeries of {} succeed:\n{}",
                self.wrong.len(),
                self.forgeries,
                self.name,
                self.wrong[..self.wrong.len().min(SHOWN)].join("\n")
            );
        }
        Ok(())
    }
}

/// Shown as one line of numbers.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let booted: usize = self.fates.values().sum();
        write!(
            f,
            "{}, seeds from {}: {} steps, {} forgeries, {} accepted by `check`, {booted} booted",
            self.name, self.first_seed, self.steps, self.forgeries, self.accepted,
        )?;
        for fate in Fate::ALL {
            write!(f, ", {} {fate}", self.fates.get(&fate).unwrap_or(&0))?;
        }
        Ok(())
    }
}
