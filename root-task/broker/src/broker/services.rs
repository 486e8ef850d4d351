// SPDX-License-Identifier: BSD-2-Clause

//! Services: endpoints with names.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Broker;
use crate::audit::Action;
use crate::config::{ABSENT_BADGE, ComponentId};
use crate::error::Denial;
use crate::kernel::{Kernel, Object, Pass, Slot};
use crate::quota::Resources;
use crate::shared::{Holder, Line, Service};

impl<K: Kernel> Broker<K> {
    /// Lets a component receive calls to a service. Returns the endpoint's slot in its CSpace.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't provide the service, or slots are used up.
    pub fn register_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::RegisterService, |broker| {
            let provides = broker.configured(id, name, |config| config.provides)?;
            broker.connect_service(id, provides, Line::Receives)
        })
    }

    /// Lets a component call a service. If its provider is gone, calls are refused. Returns the endpoint's slot in its CSpace.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, or slots are used up.
    pub fn lookup_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::LookupService, |broker| {
            let needs = broker.configured(id, name, |config| config.needs)?;
            let line = match broker.is_gone(needs) {
                true => Line::Absent,
                false => Line::Open,
            };
            broker.connect_service(id, needs, line)
        })
    }

    /// Returns the running component that provides `service`.
    pub(super) fn provider(&self, service: &str) -> Option<ComponentId> {
        let mut components = self.components();
        let provider = components
            .find(|(_, status)| status.is_running && status.config.provides.contains(&service));
        provider.map(|(id, _)| id)
    }

    /// Gives a component the endpoint of a service. A component gets it only once.
    fn connect_service(
        &mut self,
        id: ComponentId,
        name: &'static str,
        line: Line,
    ) -> Result<u64, Denial> {
        self.process(id)?;
        if let Some(service) = self.services.get(name)
            && let Some(holder) = service.holders.get(&id)
        {
            let is_same = (holder.line == Line::Receives) == (line == Line::Receives);
            return is_same.then_some(holder.index).ok_or(Denial::NotConfigured);
        }
        if !self.services.contains_key(name) {
            let (endpoint, allocation) = self.pool.object(Object::Endpoint)?;
            let service = Service {
                endpoint,
                allocation,
                holders: BTreeMap::new(),
            };
            self.services.insert(name, service);
        }
        let outcome = self.hold_service(id, name, line);
        self.release_unused_services();
        outcome
    }

    fn hold_service(
        &mut self,
        id: ComponentId,
        name: &'static str,
        line: Line,
    ) -> Result<u64, Denial> {
        let (endpoint, pass) = self.line_of(id, name, line)?;
        let (process, pool) = self.process(id)?;
        let usage = Resources::new(1 << pool.kernel.object_bits(Object::Endpoint), 1);
        let index = process.charged(usage, |process| {
            process.pass(&mut pool.kernel, endpoint, pass)
        })?;
        if let Some(service) = self.services.get_mut(name) {
            let holder = Holder {
                index,
                line,
                repeats: 0,
            };
            service.holders.insert(id, holder);
        }
        Ok(index)
    }

    /// Returns what a holder's capability is a copy of.
    fn line_of(&self, id: ComponentId, name: &str, line: Line) -> Result<(Slot, Pass), Denial> {
        let service = self.services.get(name).ok_or(Denial::NotRunning)?;
        Ok(match line {
            Line::Receives => (service.endpoint, Pass::Receive),
            Line::Open => (service.endpoint, Pass::Send(id.badge())),
            Line::Absent | Line::Refused => (self.endpoint, Pass::Send(ABSENT_BADGE | id.badge())),
        })
    }

    /// Connects a client's capability to the provider, or to the broker in its place.
    pub(super) fn switch_line(
        &mut self,
        id: ComponentId,
        name: &str,
        line: Line,
    ) -> Result<(), Denial> {
        let (endpoint, pass) = self.line_of(id, name, line)?;
        let service = self.services.get_mut(name).ok_or(Denial::NotRunning)?;
        let holder = service.holders.get_mut(&id).ok_or(Denial::NotRunning)?;
        holder.line = line;
        let index = holder.index;
        let (process, pool) = self.process(id)?;
        pool.kernel.withdraw(process.cnode, index)?;
        Ok(pool.kernel.pass(endpoint, process.cnode, index, pass)?)
    }

    pub(super) fn release_unused_services(&mut self) {
        let is_unused = |_: &&str, service: &mut Service| service.holders.is_empty();
        let unused = self.services.extract_if(.., is_unused);
        let allocations: Vec<_> = unused.map(|(_, service)| service.allocation).collect();
        self.pool.release(allocations);
    }
}
