// SPDX-License-Identifier: BSD-2-Clause

//! A component in the list, and the checks of its values.

use kaal_broker::{ConsoleRights, Restart, Right};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::mistake::{Mistake, Source};

/// A component in the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Unique name.
    pub name: Spanned<String>,
    /// Name of its program's package.
    pub binary: Spanned<String>,
    /// Priority.
    pub priority: Spanned<u64>,
    /// Quota of memory in bytes.
    pub memory: Spanned<u64>,
    /// Quota of slots.
    pub slots: Spanned<u64>,
    /// Size of the stack in bytes.
    #[serde(default = "default_stack")]
    pub stack: Spanned<u64>,
    /// Devices that it may request.
    #[serde(default)]
    pub devices: Vec<Spanned<String>>,
    /// Its devices that access memory.
    #[serde(default)]
    pub dma: Vec<Dma>,
    /// Services that it may offer.
    #[serde(default)]
    pub provides: Vec<Spanned<String>>,
    /// Services that it may use.
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
    /// Restart policy.
    #[serde(default, deserialize_with = "restart")]
    pub restart: Restart,
    /// Run time in each period, in microseconds; by default, all of the period.
    pub budget: Option<Spanned<u64>>,
    /// Period in microseconds.
    #[serde(default = "default_period")]
    pub period: Spanned<u64>,
    /// Whether it serves calls on its callers' time.
    #[serde(default)]
    pub passive: bool,
    /// The core that it runs on.
    #[serde(default = "first_core")]
    pub affinity: Spanned<u8>,
    /// What it may ask about other components.
    #[serde(default, deserialize_with = "rights")]
    pub operator: Vec<Right>,
    /// Rights at the console.
    #[serde(default)]
    pub console: Vec<ConsoleRight>,
}

/// A right at the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleRight {
    /// Read what is typed.
    Read,
    /// Print control characters.
    Control,
}

/// A device that accesses memory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dma {
    /// The device, as in `devices`.
    pub device: Spanned<String>,
    /// How to stop its accesses; without it, its memory is never used again.
    pub quiesce: Option<Quiesce>,
}

/// How to stop a device's accesses to memory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quiesce {
    /// Offset of a register in the first range of the device's registers.
    pub register: Spanned<u64>,
    /// The value to write there.
    pub value: u32,
    /// The value that it then reads.
    pub read_back: u32,
}

fn default_stack() -> Spanned<u64> {
    Spanned::new(0..0, 16 * 1024)
}

fn first_core() -> Spanned<u8> {
    Spanned::new(0..0, 0)
}

/// By default, a component may run all the time, in slices of 10 ms.
fn default_period() -> Spanned<u64> {
    Spanned::new(0..0, 10_000)
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

fn rights<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Right>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Inspect,
        Restart,
        Tick,
        Report,
        Reload,
    }
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a list of \"inspect\", \"restart\", \"tick\", \"report\" and \"reload\" expected"
    )]
    enum Words {
        List(Vec<Word>),
    }
    let Words::List(words) = Words::deserialize(value)?;
    let rights = words.into_iter().map(|word| match word {
        Word::Inspect => Right::Inspect,
        Word::Restart => Right::Restart,
        Word::Tick => Right::Tick,
        Word::Report => Right::Report,
        Word::Reload => Right::Reload,
    });
    Ok(rights.collect())
}

impl Component {
    /// Returns the run time in each period, in microseconds.
    pub fn budget(&self) -> u64 {
        *self.budget.as_ref().unwrap_or(&self.period).get_ref()
    }

    /// Returns the rights at the console.
    pub fn console(&self) -> ConsoleRights {
        ConsoleRights {
            read: self.console.contains(&ConsoleRight::Read),
            control: self.console.contains(&ConsoleRight::Control),
        }
    }

    /// Whether it may replace the programs of others.
    pub fn may_reload(&self) -> bool {
        self.operator.contains(&Right::Reload)
    }

    /// Checks that each value is in its range.
    pub(crate) fn check(&self, source: &Source) -> Result<(), Mistake> {
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
                let problem = format!("{key} = {found}: a number from {least} to {most} expected");
                return Err(source.mistake(number, problem));
            }
        }
        for dma in &self.dma {
            let device = dma.device.get_ref();
            if !self.devices.iter().any(|known| known.get_ref() == device) {
                let problem = format!("dma: {device:?} is not among the component's `devices`");
                return Err(source.mistake(&dma.device, problem));
            }
        }
        for (key, value) in [("name", &self.name), ("binary", &self.binary)] {
            if value.get_ref().is_empty() {
                let problem = format!("{key} = \"\": a name expected");
                return Err(source.mistake(value, problem));
            }
        }
        Ok(())
    }
}
