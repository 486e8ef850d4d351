// SPDX-License-Identifier: BSD-2-Clause

//! Clients of services whose provider has stopped.

use alloc::vec::Vec;

use super::Broker;
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::Kernel;
use crate::shared::{Holder, Line};

/// Number of times that a call is repeated because its server failed.
const MOST_REPEATS: u32 = 3;

/// A client of a stopped provider.
type Client = (ComponentId, &'static str, Holder);

impl<K: Kernel> Broker<K> {
    /// Whether the provider of `service` has stopped, and no restart is planned.
    pub(super) fn is_gone(&self, service: &str) -> bool {
        let mut components = self.components.values();
        components
            .any(|component| component.is_gone && component.config.provides.contains(&service))
    }

    /// Removes a stopped component from all services. Clients that wait for its answer call again. If
    /// it failed, their call may be the reason, so they do that only some times.
    pub(super) fn leave_services(&mut self, id: ComponentId, has_failed: bool) {
        for service in self.services.values_mut() {
            service.holders.remove(&id);
        }
        self.release_unused_services();
        for client in self.clients_of(id) {
            // If the kernel fails, this client waits for ever. The others don't.
            let _ = self.repeat_call(client, has_failed);
        }
    }

    fn repeat_call(&mut self, client: Client, has_failed: bool) -> Result<(), Denial> {
        let (id, name, holder) = client;
        let waits = self.waits(id, holder)?;
        let repeats = match (waits, has_failed) {
            (true, true) => holder.repeats + 1,
            (true, false) => holder.repeats,
            (false, _) => 0,
        };
        self.count_repeats(id, name, repeats);
        if repeats > MOST_REPEATS {
            self.switch_line(id, name, Line::Refused)?;
        }
        self.wake(waits, id)
    }

    /// Refuses the calls to a stopped component's services, until it starts again.
    pub(super) fn close_services(&mut self, id: ComponentId) {
        if let Some(component) = self.components.get_mut(&id) {
            component.is_gone = true;
        }
        for (client, name, holder) in self.clients_of(id) {
            // As above.
            let _ = self
                .switch_line(client, name, Line::Absent)
                .and_then(|()| self.waits(client, holder))
                .and_then(|waits| self.wake(waits, client));
        }
    }

    /// Connects the clients of a component that started again.
    pub(super) fn open_services(&mut self, id: ComponentId) {
        for (client, name, holder) in self.clients_of(id) {
            if holder.line == Line::Absent {
                let _ = self.switch_line(client, name, Line::Open);
            }
        }
    }

    /// Returns why the broker refuses a call that it gets in place of a service.
    pub fn refuse_call(&mut self, id: ComponentId) -> Denial {
        let refused = self.services.iter().find_map(|(&name, service)| {
            let holder = service.holders.get(&id)?;
            (holder.line == Line::Refused).then_some(name)
        });
        let Some(name) = refused else {
            return Denial::NotRunning;
        };
        self.count_repeats(id, name, 0);
        let _ = self.switch_line(id, name, Line::Open);
        self.unlogged_changes += 1;
        Denial::Repeated
    }

    fn count_repeats(&mut self, id: ComponentId, name: &str, repeats: u32) {
        let service = self.services.get_mut(name);
        if let Some(holder) = service.and_then(|service| service.holders.get_mut(&id)) {
            holder.repeats = repeats;
        }
    }

    /// Whether a client is blocked in a call to a service. If it runs, the result is arbitrary.
    fn waits(&mut self, id: ComponentId, holder: Holder) -> Result<bool, Denial> {
        let (process, pool) = self.process(id)?;
        Ok(pool.kernel.invoked(process.thread)? == holder.index)
    }

    /// Makes a client that waits repeat its call.
    fn wake(&mut self, waits: bool, id: ComponentId) -> Result<(), Denial> {
        let (process, pool) = self.process(id)?;
        if waits {
            pool.kernel.resume(process.thread)?;
        }
        Ok(())
    }

    /// Returns the clients that wait for a component.
    pub(super) fn callers_of(&mut self, provider: ComponentId) -> Vec<ComponentId> {
        let clients = self.clients_of(provider).into_iter();
        let waiting = clients.filter(|&(id, _, holder)| self.waits(id, holder) == Ok(true));
        waiting.map(|(id, ..)| id).collect()
    }

    fn clients_of(&self, provider: ComponentId) -> Vec<Client> {
        let status = self.status(provider);
        let provides = status.map_or(&[][..], |status| status.config.provides);
        let services = self.services.iter();
        let provided = services.filter(|(name, _)| provides.contains(name));
        let holders = provided.flat_map(|(&name, service)| {
            let holders = service.holders.iter();
            holders.map(move |(&client, &holder)| (client, name, holder))
        });
        holders.filter(|(client, ..)| *client != provider).collect()
    }
}
