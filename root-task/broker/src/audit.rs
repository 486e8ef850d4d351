// SPDX-License-Identifier: BSD-2-Clause

//! What was granted and what was denied, the last of it.

use alloc::collections::VecDeque;
use core::fmt;

use thiserror::Error;

use crate::config::ComponentId;
use crate::error::Denial;

/// What a component, or the root task for it, asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Action {
    /// So many bytes of memory.
    #[error("allocate {0} bytes")]
    AllocateMemory(u64),
    /// To give back the memory at this address.
    #[error("free memory at {0:#x}")]
    FreeMemory(u64),
    /// A device; its registers' physical address, or 0 where it was not found.
    #[error("device at {0:#x}")]
    RequestDevice(u64),
    /// An interrupt.
    #[error("interrupt {0}")]
    RequestInterrupt(u32),
    /// To offer a service.
    #[error("register service")]
    RegisterService,
    /// To use a service.
    #[error("look up service")]
    LookupService,
    /// A channel with so many bytes of shared memory.
    #[error("create channel of {0} bytes")]
    CreateChannel(u64),
    /// To take part in the channel that a component created.
    #[error("accept channel of component {0}")]
    AcceptChannel(u64),
    /// To be started.
    #[error("spawn")]
    Spawn,
    /// To be stopped.
    #[error("stop")]
    Stop,
    /// A request that nobody understands; its number.
    #[error("unknown request {0}")]
    Unknown(u64),
}

/// One line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts all entries, also those that have been overwritten.
    pub number: u64,
    /// Whom it is about.
    pub component: ComponentId,
    /// What was asked for.
    pub action: Action,
    /// Why it was denied, if it was.
    pub denial: Option<Denial>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, component, action) = (self.number, self.component.0, self.action);
        write!(f, "#{number} component {component}: {action}: ")?;
        match self.denial {
            None => f.write_str("granted"),
            Some(denial) => write!(f, "denied: {denial}"),
        }
    }
}

/// A log that forgets the oldest entries.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    entries: VecDeque<Entry>,
    recorded: u64,
}

impl Audit {
    /// Entries that are kept.
    pub const CAPACITY: usize = 128;

    pub(crate) fn record(
        &mut self,
        component: ComponentId,
        action: Action,
        denial: Option<Denial>,
    ) {
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
        }
        let number = self.recorded;
        self.entries.push_back(Entry {
            number,
            component,
            action,
            denial,
        });
        self.recorded += 1;
    }

    /// The entries that are kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Audit};
    use crate::config::ComponentId;
    use crate::error::Denial;

    #[test]
    fn the_log_is_bounded_and_counts_on() {
        let mut audit = Audit::default();
        for round in 0..1000 {
            let denial = (round % 2 == 0).then_some(Denial::NotConfigured);
            audit.record(ComponentId(0), Action::AllocateMemory(round), denial);
        }
        assert_eq!(audit.entries().count(), Audit::CAPACITY);
        assert_eq!(audit.entries().next_back().unwrap().number, 999);
    }
}
