// SPDX-License-Identifier: BSD-2-Clause

//! A component as the list describes it, key by key.

use kaal_broker::Restart;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::mistake::Mistake;

/// A component as the list describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its unique name.
    pub name: Spanned<String>,
    /// The program that it runs.
    pub binary: Spanned<String>,
    /// Its priority.
    pub priority: Spanned<u64>,
    /// Bytes of memory that it may have.
    pub memory: Spanned<u64>,
    /// Slots that it may have.
    pub slots: Spanned<u64>,
    /// Bytes of stack.
    #[serde(default = "default_stack")]
    pub stack: Spanned<u64>,
    /// Devices that it may request.
    #[serde(default)]
    pub devices: Vec<Spanned<String>>,
    /// Services that it provides.
    #[serde(default)]
    pub provides: Vec<Spanned<String>>,
    /// Services that it needs.
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    /// What to do when it fails.
    #[serde(default = "never", deserialize_with = "restart")]
    pub restart: Restart,
    /// Microseconds that it may run in each period; without them, all of it.
    pub budget: Option<Spanned<u64>>,
    /// The period in microseconds.
    #[serde(default = "default_period")]
    pub period: Spanned<u64>,
    /// Whether it may see and restart others.
    #[serde(default)]
    pub operator: bool,
}

fn default_stack() -> Spanned<u64> {
    Spanned::new(0..0, 16 * 1024)
}

/// A component may run all the time, in turns of 10 ms.
fn default_period() -> Spanned<u64> {
    Spanned::new(0..0, 10_000)
}

fn never() -> Restart {
    Restart::Never
}

fn restart<'de, D: Deserializer<'de>>(value: D) -> Result<Restart, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Never,
        Always,
    }
    #[derive(Deserialize)]
    #[serde(
        untagged,
        deny_unknown_fields,
        rename_all_fields = "kebab-case",
        expecting = "\"never\", \"always\" or { times = N, back-off = MILLISECONDS } expected"
    )]
    enum Policy {
        Word(Word),
        Times {
            times: std::num::NonZeroU32,
            #[serde(default)]
            back_off: u32,
        },
    }
    Ok(match Policy::deserialize(value)? {
        Policy::Word(Word::Never) => Restart::Never,
        Policy::Word(Word::Always) => Restart::Always,
        Policy::Times { times, back_off } => Restart::Times {
            count: times.get(),
            back_off: back_off.into(),
        },
    })
}

impl Component {
    /// Microseconds that it may run in each period.
    pub fn budget(&self) -> u64 {
        *self.budget.as_ref().unwrap_or(&self.period).get_ref()
    }

    /// Checks each value by itself.
    pub(crate) fn check(&self, text: &str) -> Result<(), Mistake> {
        let period = *self.period.get_ref();
        for (key, number, least, most) in [
            ("priority", Some(&self.priority), 1, 254),
            ("memory", Some(&self.memory), 1, u64::MAX),
            ("slots", Some(&self.slots), 1, u64::MAX),
            ("stack", Some(&self.stack), 4096, 1 << 24),
            ("period", Some(&self.period), 1, u64::MAX),
            ("budget", self.budget.as_ref(), 1, period),
        ] {
            if let Some(number) = number
                && !(least..=most).contains(number.get_ref())
            {
                let found = number.get_ref();
                let problem = format!("a number from {least} to {most} expected, {found} found");
                return Err(Mistake::new(text, number, key, problem));
            }
        }
        for (key, value) in [("name", &self.name), ("binary", &self.binary)] {
            if value.get_ref().is_empty() {
                return Err(Mistake::new(
                    text,
                    value,
                    key,
                    "a text expected, \"\" found",
                ));
            }
        }
        Ok(())
    }
}
