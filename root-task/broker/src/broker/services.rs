// SPDX-License-Identifier: BSD-2-Clause

//! Services: endpoints by name.

use alloc::collections::BTreeSet;

use super::{Broker, Component};
use crate::shared::Service;
use crate::{Action, ComponentId, Config, Denial, Kernel, KernelError, Object, Pass};

impl<K: Kernel> Broker<K> {
    /// Lets a component receive the calls to a service. Returns the slot of the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't provide the service.
    pub fn register_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::RegisterService, |broker| {
            let provides = broker.configured(id, name, |config| config.provides)?;
            broker.pass_service(id, provides, Pass::Receive)
        })
    }

    /// Lets a component call a service. Returns the slot of the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't need the service.
    pub fn lookup_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::LookupService, |broker| {
            let needs = broker.configured(id, name, |config| config.needs)?;
            broker.pass_service(id, needs, Pass::Send(id.badge()))
        })
    }

    /// The name in the configuration that equals `name`.
    pub(super) fn configured(
        &self,
        id: ComponentId,
        name: &str,
        names: fn(&Config) -> &'static [&'static str],
    ) -> Result<&'static str, Denial> {
        let config = self.config(id).ok_or(Denial::NoSuchComponent(id.0))?;
        let found = names(config).iter().copied().find(|&known| known == name);
        found.ok_or(Denial::NotConfigured)
    }

    /// The running component that provides `service`.
    pub(super) fn provider(&self, service: &str) -> Option<ComponentId> {
        let provides = |component: &Component| {
            component.live.is_some() && component.config.provides.contains(&service)
        };
        let index = self.components.iter().position(provides)?;
        Some(ComponentId(index as u16 + 1))
    }

    fn pass_service(
        &mut self,
        id: ComponentId,
        name: &'static str,
        pass: Pass,
    ) -> Result<u64, Denial> {
        self.live(id)?;
        let endpoint = match self.services.get(name) {
            Some(service) => service.endpoint,
            None => {
                let holding = self.pool.object(&mut self.kernel, Object::Endpoint)?;
                let endpoint = holding.slots.first().copied();
                let endpoint = endpoint.ok_or(KernelError::InvalidCapability)?;
                let holders = BTreeSet::new();
                let service = Service {
                    endpoint,
                    holding,
                    holders,
                };
                self.services.insert(name, service);
                endpoint
            }
        };
        let (live, kernel, _) = self.live(id)?;
        let outcome = live.pass(kernel, endpoint, pass);
        match &outcome {
            Ok(_) => {
                if let Some(service) = self.services.get_mut(name) {
                    service.holders.insert(id);
                }
            }
            Err(_) => self.release_unused_services()?,
        }
        outcome
    }

    /// Ends what a stopped component had of services.
    pub(super) fn leave_services(
        &mut self,
        id: ComponentId,
        asking: Option<ComponentId>,
    ) -> Result<(), Denial> {
        let provides = self.config(id).map_or(&[][..], |config| config.provides);
        let mut waiting = BTreeSet::new();
        for (name, service) in &mut self.services {
            service.holders.remove(&id);
            if provides.contains(name) {
                waiting.extend(service.holders.iter().copied());
            }
        }
        waiting.retain(|&client| Some(client) != asking);
        for client in waiting {
            let (live, kernel, _) = self.live(client)?;
            kernel.ask_again(live.thread)?;
        }
        self.release_unused_services()
    }

    fn release_unused_services(&mut self) -> Result<(), Denial> {
        let unused = self
            .services
            .extract_if(.., |_, service| service.holders.is_empty());
        for (_, service) in unused {
            self.pool.release(&mut self.kernel, service.holding)?;
        }
        Ok(())
    }
}
