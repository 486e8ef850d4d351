// SPDX-License-Identifier: BSD-2-Clause

//! The time of passive components, which serve calls on their callers' time. If a caller's time ends
//! amid its call, or the caller itself does, the component finishes the call on its own.

use alloc::vec::Vec;

use super::Broker;
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::{Kernel, Slot};

/// What happens to a passive component whose time is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// It goes on, now or in its next period.
    Continues,
    /// It has failed: clients wait, and its own budget, in microseconds, is used up too.
    Fails(u64),
}

impl<K: Kernel> Broker<K> {
    /// Decides what happens to a passive component after it used up the time of `owner`, a component's
    /// badge.
    pub fn time_out(&mut self, id: ComponentId, owner: u64) -> Timeout {
        let owner = ComponentId(owner as u16);
        let goes_on = match owner == id {
            true => self.callers_of(id).is_empty(),
            false => self.exchange_time(id, owner).is_ok(),
        };
        match goes_on {
            true => Timeout::Continues,
            false => {
                let status = self.status(id);
                Timeout::Fails(status.map_or(0, |status| status.config.budget))
            }
        }
    }

    /// Takes a stopped component's time back from the passive component that it called.
    pub(super) fn take_time_back(&mut self, id: ComponentId) {
        let components = self.components.iter();
        let passive = components.filter(|(_, component)| component.config.passive);
        let passive: Vec<ComponentId> = passive.map(|(&id, _)| id).collect();
        for server in passive {
            if server != id && self.callers_of(server).contains(&id) {
                // If this fails, the component waits for another one.
                let _ = self.exchange_time(server, id);
            }
        }
    }

    /// Gives a passive component its own time in place of a caller's.
    fn exchange_time(&mut self, id: ComponentId, caller: ComponentId) -> Result<(), Denial> {
        let from = self.time_of(caller)?;
        let to = self.time_of(id)?;
        let (process, pool) = self.process(id)?;
        Ok(pool.kernel.exchange_time(process.thread, from, to)?)
    }

    fn time_of(&self, id: ComponentId) -> Result<Slot, Denial> {
        let component = self.components.get(&id);
        let component = component.ok_or(Denial::NoSuchComponent(id.0))?;
        component.sched_context?.ok_or(Denial::NotRunning)
    }
}
