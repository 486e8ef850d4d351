// SPDX-License-Identifier: BSD-2-Clause

//! How components come and go.

use super::{Broker, Component, component_mut};
use crate::audit::Action;
use crate::config::{ComponentId, Config, Image};
use crate::error::Denial;
use crate::kernel::Kernel;
use crate::process::Process;

impl<K: Kernel> Broker<K> {
    /// Makes a component known, without starting it.
    ///
    /// # Errors
    ///
    /// Fails where the name is taken.
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
    /// Fails where it runs already, or its quota or the memory is too small. It is stopped then.
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

    /// Stops a component and takes back all that it has.
    ///
    /// Who waits for its answer asks again, and waits for it to be restarted; except for `asking`, who
    /// waits for the answer to this very request.
    ///
    /// # Errors
    ///
    /// Fails where it doesn't run.
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
