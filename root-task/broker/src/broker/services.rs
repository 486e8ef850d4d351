// SPDX-License-Identifier: BSD-2-Clause

//! Services: endpoints with names.

use alloc::collections::BTreeSet;

use super::Broker;
use crate::audit::Action;
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::{Kernel, Object, Pass};
use crate::shared::Service;

impl<K: Kernel> Broker<K> {
    /// Lets a component receive calls to a service. Returns the endpoint's slot in its CSpace.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't provide the service, or slots are used up.
    pub fn register_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::RegisterService, |broker| {
            let provides = broker.configured(id, name, |config| config.provides)?;
            broker.pass_service(id, provides, Pass::Receive)
        })
    }

    /// Lets a component call a service. Returns the endpoint's slot in its CSpace.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, or slots are used up.
    pub fn lookup_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::LookupService, |broker| {
            let needs = broker.configured(id, name, |config| config.needs)?;
            broker.pass_service(id, needs, Pass::Send(id.badge()))
        })
    }

    /// Returns the running component that provides `service`.
    pub(super) fn provider(&self, service: &str) -> Option<ComponentId> {
        let mut components = self.components();
        let provider = components
            .find(|(_, status)| status.is_running && status.config.provides.contains(&service));
        provider.map(|(id, _)| id)
    }

    fn pass_service(
        &mut self,
        id: ComponentId,
        name: &'static str,
        pass: Pass,
    ) -> Result<u64, Denial> {
        self.process(id)?;
        let endpoint = match self.services.get(name) {
            Some(service) => service.endpoint,
            None => {
                let (endpoint, allocation) = self.pool.object(Object::Endpoint)?;
                let service = Service {
                    endpoint,
                    allocation,
                    holders: BTreeSet::new(),
                };
                self.services.insert(name, service);
                endpoint
            }
        };
        let (process, pool) = self.process(id)?;
        let outcome = process.pass(&mut pool.kernel, endpoint, pass);
        if outcome.is_ok()
            && let Some(service) = self.services.get_mut(name)
        {
            service.holders.insert(id);
        }
        self.release_unused_services()?;
        outcome
    }

    /// Removes a stopped component from all services. Its clients call again, except for `asking`.
    pub(super) fn leave_services(
        &mut self,
        id: ComponentId,
        asking: Option<ComponentId>,
    ) -> Result<(), Denial> {
        let status = self.status(id);
        let provides = status.map_or(&[][..], |status| status.config.provides);
        let mut waiting = BTreeSet::new();
        for (name, service) in &mut self.services {
            service.holders.remove(&id);
            if provides.contains(name) {
                waiting.extend(service.holders.iter().copied());
            }
        }
        waiting.retain(|&client| Some(client) != asking);
        for client in waiting {
            let (process, pool) = self.process(client)?;
            pool.kernel.resume(process.thread)?;
        }
        self.release_unused_services()
    }

    fn release_unused_services(&mut self) -> Result<(), Denial> {
        let is_unused = |_: &&str, service: &mut Service| service.holders.is_empty();
        let unused = self.services.extract_if(.., is_unused);
        let allocations = unused.map(|(_, service)| service.allocation);
        Ok(self.pool.release(allocations)?)
    }
}
