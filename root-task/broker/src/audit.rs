// SPDX-License-Identifier: BSD-2-Clause

//! The audit log: the latest decisions of the broker, with a share for each component.

use alloc::collections::{BTreeMap, VecDeque};
use core::fmt;

use thiserror::Error;

use crate::error::Denial;
use crate::reason::Reason;

/// A request of a component, or of the root task for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Action {
    /// Allocate this many bytes of memory.
    #[error("allocate {0} bytes")]
    AllocateMemory(u64),
    /// Allocate this many bytes of memory for a device.
    #[error("allocate {0} bytes for a device")]
    AllocateDma(u64),
    /// Free the memory at this address.
    #[error("free memory at {0:#x}")]
    FreeMemory(u64),
    /// Map the device whose registers start at this physical address; 0 if there is no such device.
    #[error("device at {0:#x}")]
    RequestDevice(u64),
    /// Handle this interrupt; 0 if there is no such interrupt.
    #[error("interrupt {0}")]
    RequestInterrupt(u32),
    /// Offer a service.
    #[error("register service")]
    RegisterService,
    /// Use a service.
    #[error("look up service")]
    LookupService,
    /// Create a channel with this many bytes of shared memory.
    #[error("create channel of {0} bytes")]
    CreateChannel(u64),
    /// Accept the channel that the component of this name created.
    #[error("accept channel of {0}")]
    AcceptChannel(&'static str),
    /// Accept the channel that the component of this name created, for a device.
    #[error("accept channel of {0} for a device")]
    AcceptForDevice(&'static str),
    /// Start.
    #[error("spawn")]
    Spawn,
    /// Stop.
    #[error("stop")]
    Stop,
    /// Fail, for this reason.
    #[error("fail: {0}")]
    Fail(Reason),
    /// Start from another program from now on.
    #[error("replace program")]
    Replace,
    /// A request that is unknown or not allowed; its number.
    #[error("unknown request {0}")]
    Unknown(u64),
}

/// An entry of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of the entry, counting overwritten ones.
    pub number: u64,
    /// The name of the component concerned.
    pub component: &'static str,
    /// The request.
    pub action: Action,
    /// The reason, if the request was denied.
    pub denial: Option<Denial>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, component, action) = (self.number, self.component, self.action);
        write!(f, "#{number} {component}: {action}")?;
        match self.denial {
            None if matches!(action, Action::Fail(_)) => Ok(()),
            None => f.write_str(": granted"),
            Some(denial) => write!(f, ": denied: {denial}"),
        }
    }
}

/// A log of limited size. When it is full, the component with the most entries loses its oldest, so
/// no component can push out those of others that have fewer.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// The entries, oldest first.
    pub entries: VecDeque<Entry>,
    /// Number of entries of each component.
    counts: BTreeMap<&'static str, usize>,
    recorded: u64,
}

impl Audit {
    /// Maximum number of entries.
    pub const CAPACITY: usize = 128;

    /// Returns the number of entries so far, with those that are gone.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    pub(crate) fn record(
        &mut self,
        component: &'static str,
        action: Action,
        denial: Option<Denial>,
    ) {
        if self.entries.len() == Self::CAPACITY {
            self.make_room();
        }
        *self.counts.entry(component).or_default() += 1;
        let number = self.recorded;
        self.entries.push_back(Entry {
            number,
            component,
            action,
            denial,
        });
        self.recorded += 1;
    }

    fn make_room(&mut self) {
        let most = self.counts.iter_mut().max_by_key(|(_, count)| **count);
        if let Some((component, count)) = most {
            let oldest = |entry: &Entry| entry.component == *component;
            *count -= 1;
            if let Some(place) = self.entries.iter().position(oldest) {
                self.entries.remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Audit};
    use crate::error::Denial;

    #[test]
    fn the_log_is_bounded_and_counts_on() {
        let mut audit = Audit::default();
        for round in 0..1000 {
            let denial = (round % 2 == 0).then_some(Denial::NotConfigured);
            audit.record("a", Action::AllocateMemory(round), denial);
        }
        assert_eq!(audit.entries.len(), Audit::CAPACITY);
        assert_eq!(audit.entries.back().unwrap().number, 999);
    }

    #[test]
    fn a_component_pushes_out_its_own_entries_only() {
        let mut audit = Audit::default();
        for _ in 0..10 {
            audit.record("modest", Action::Spawn, None);
        }
        for round in 0..1000 {
            let name = ["loud", "louder"][round % 2];
            audit.record(name, Action::Unknown(99), Some(Denial::NotConfigured));
        }
        let count = |name| {
            audit
                .entries
                .iter()
                .filter(|entry| entry.component == name)
                .count()
        };
        assert_eq!(
            (count("modest"), count("loud"), count("louder")),
            (10, 59, 59)
        );
    }
}
