// SPDX-License-Identifier: BSD-2-Clause

//! Starting and stopping components.

use super::{Broker, Component, component_mut};
use crate::audit::Action;
use crate::config::{ComponentId, Config, Image};
use crate::error::Denial;
use crate::kernel::Kernel;
use crate::process::Process;

impl<K: Kernel> Broker<K> {
    /// Adds a component, without starting it.
    ///
    /// # Errors
    ///
    /// Fails if another component has the name.
    pub fn add(&mut self, config: &'static Config) -> Result<ComponentId, Denial> {
        let is_taken = |component: &Component| component.config.name == config.name;
        if self.components.iter().any(is_taken) {
            return Err(Denial::Name);
        }
        let process = None;
        self.components.push(Component { config, process });
        Ok(ComponentId(self.components.len() as u16))
    }

    /// Loads and starts a component.
    ///
    /// # Errors
    ///
    /// Fails if the component runs, or its quota or the machine's memory is too small. Then the
    /// component stays stopped.
    pub fn spawn(&mut self, id: ComponentId, image: &Image<'_>) -> Result<(), Denial> {
        self.audited(id, Action::Spawn, |broker| {
            let component = component_mut(&mut broker.components, id)?;
            if component.process.is_some() {
                return Err(Denial::Running);
            }
            let config = component.config;
            let mut process = Process::new(config.quota);
            if let Err(denial) = process.start(&mut broker.pool, config, image, broker.endpoint, id)
            {
                process.end(&mut broker.pool)?;
                return Err(denial);
            }
            component.process = Some(process);
            Ok(())
        })
    }

    /// Stops a component and frees all its resources.
    ///
    /// Clients that wait for its answer call again, and so wait for its restart. `asking` doesn't,
    /// because it waits for the answer to this request.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run.
    pub fn stop(&mut self, id: ComponentId, asking: Option<ComponentId>) -> Result<(), Denial> {
        self.audited(id, Action::Stop, |broker| {
            let component = component_mut(&mut broker.components, id)?;
            let process = component.process.take().ok_or(Denial::NotRunning)?;
            broker.interrupts.retain(|_, owner| *owner != id);
            broker.leave_channels(id)?;
            process.end(&mut broker.pool)?;
            broker.leave_services(id, asking)
        })
    }
}
