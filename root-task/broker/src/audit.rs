// SPDX-License-Identifier: BSD-2-Clause

//! What was granted and what was denied, the last of it.

use alloc::collections::VecDeque;
use core::fmt;

use crate::config::ComponentId;
use crate::error::Denial;

/// What a component, or the root task for it, asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// So many bytes of memory.
    AllocateMemory(u64),
    /// To give back the memory at this address.
    FreeMemory(u64),
    /// A device; its registers' physical address, or 0 where it was not found.
    RequestDevice(u64),
    /// An interrupt.
    RequestInterrupt(u32),
    /// To offer a service.
    RegisterService,
    /// To use a service.
    LookupService,
    /// A channel with so many bytes of shared memory.
    CreateChannel(u64),
    /// To take part in the channel that a component created.
    AcceptChannel(u64),
    /// To be started.
    Spawn,
    /// To be stopped.
    Stop,
    /// A request that nobody understands; its number.
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
        let ComponentId(component) = self.component;
        write!(f, "#{} component {component}: ", self.number)?;
        match self.action {
            Action::AllocateMemory(bytes) => write!(f, "allocate {bytes} bytes")?,
            Action::FreeMemory(address) => write!(f, "free memory at {address:#x}")?,
            Action::RequestDevice(address) => write!(f, "device at {address:#x}")?,
            Action::RequestInterrupt(interrupt) => write!(f, "interrupt {interrupt}")?,
            Action::RegisterService => write!(f, "register service")?,
            Action::LookupService => write!(f, "look up service")?,
            Action::CreateChannel(bytes) => write!(f, "create channel of {bytes} bytes")?,
            Action::AcceptChannel(client) => write!(f, "accept channel of component {client}")?,
            Action::Spawn => write!(f, "spawn")?,
            Action::Stop => write!(f, "stop")?,
            Action::Unknown(request) => write!(f, "unknown request {request}")?,
        }
        match self.denial {
            None => write!(f, ": granted"),
            Some(denial) => write!(f, ": denied: {denial}"),
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
