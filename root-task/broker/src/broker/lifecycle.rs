// SPDX-License-Identifier: BSD-2-Clause

//! Starting and stopping components.

use super::quarantine::{quiet, usage_of};
use super::{Broker, Component};
use crate::audit::Action;
use crate::config::{ComponentId, Config, Image};
use crate::error::Denial;
use crate::kernel::{Kernel, Object, Slot, Time};
use crate::process::Process;
use crate::start_up::check_start_up;

impl<K: Kernel> Broker<K> {
    /// Adds a component, without starting it.
    ///
    /// # Errors
    ///
    /// Fails if another component has the name.
    pub fn add(&mut self, config: &'static Config) -> Result<ComponentId, Denial> {
        let is_taken = |component: &Component| component.config.name == config.name;
        if self.components.values().any(is_taken) {
            return Err(Denial::Name);
        }
        let id = ComponentId(self.components.len() as u16 + 1);
        let context = self.sched_context(id, config);
        self.components.insert(id, Component::new(config, context));
        Ok(id)
    }

    fn sched_context(&mut self, id: ComponentId, config: &Config) -> Result<Option<Slot>, Denial> {
        if !self.pool.kernel.is_mcs() {
            return Ok(None);
        }
        let context = self.make_own(Object::SchedContext)?;
        let time = Time {
            owner: id.badge(),
            core: config.affinity,
            budget: config.budget,
            period: config.period,
        };
        self.pool.kernel.set_time(context, time)?;
        Ok(Some(context))
    }

    /// Loads and starts a component.
    ///
    /// # Errors
    ///
    /// Fails if the component runs, or its quota or the machine's memory is too small. Then the
    /// component stays stopped.
    pub fn spawn(&mut self, id: ComponentId, image: &Image<'_>) -> Result<(), Denial> {
        self.audited(id, Action::Spawn, |broker| {
            let component = broker.components.get_mut(&id);
            let component = component.ok_or(Denial::NoSuchComponent(id.0))?;
            if component.process.is_some() {
                return Err(Denial::Running);
            }
            broker.retry_quarantine(id);
            let component = broker.components.get_mut(&id);
            let component = component.ok_or(Denial::NoSuchComponent(id.0))?;
            let (config, pool) = (component.config, &mut broker.pool);
            let context = component.sched_context?;
            let mut process = Process::new(config.quota);
            process.usage = usage_of(&component.quarantine);
            let outcome = process.start(pool, config, image, context, broker.endpoint, id);
            match outcome {
                Ok(()) => component.process = Some(process),
                // It never ran, so it has no memory for devices.
                Err(_) => drop(process.end(pool)),
            }
            outcome?;
            broker.note_start(id);
            Ok(())
        })
    }

    /// Checks that a component's quota suffices to start `image`, which shall replace its program.
    ///
    /// # Errors
    ///
    /// Fails if it doesn't, or the image doesn't fit the address space.
    pub fn check_program(&mut self, id: ComponentId, image: &Image<'_>) -> Result<(), Denial> {
        self.audited(id, Action::Replace, |broker| {
            let status = broker.status(id).ok_or(Denial::NoSuchComponent(id.0))?;
            check_start_up(status.config, image)
        })
    }

    /// Stops a component and frees all its resources, as far as the kernel does: the rest is lost.
    ///
    /// Clients that wait for its answer call again, and so wait for its restart.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run.
    pub fn stop(&mut self, id: ComponentId) -> Result<(), Denial> {
        self.take_down(id, false)
    }

    /// Like [`Self::stop`], also for a component that failed.
    pub(super) fn take_down(&mut self, id: ComponentId, has_failed: bool) -> Result<(), Denial> {
        self.audited(id, Action::Stop, |broker| {
            broker.take_time_back(id);
            let component = broker.components.get_mut(&id);
            let component = component.ok_or(Denial::NoSuchComponent(id.0))?;
            let dma = component.config.dma;
            let mut process = component.process.take().ok_or(Denial::NotRunning)?;
            // It may run on another core, until this. If the kernel fails, the thread still goes
            // before the component's memory, with its untyped memory.
            let _ = broker.pool.kernel.suspend(process.thread);
            broker.interrupts.retain(|_, (owner, _)| *owner != id);
            broker.leave_channels(id);
            process.leave_devices(&mut broker.pool);
            let is_quiet = quiet(&mut broker.pool, dma);
            let for_devices = process.end(&mut broker.pool);
            broker.quarantine(id, for_devices, is_quiet);
            broker.leave_services(id, has_failed);
            Ok(())
        })
    }
}
