// SPDX-License-Identifier: BSD-2-Clause

//! Ends, failures and restarts of components.

use alloc::vec::Vec;
use core::fmt::Display;

use super::Broker;
use crate::audit::Action;
use crate::config::{ComponentId, Right};
use crate::error::Denial;
use crate::kernel::Kernel;
use crate::reason::Reason;

/// When a component that failed starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Now.
    Now,
    /// After this many seconds at least.
    After(u64),
    /// After another component has stopped, because there is no clock.
    Later,
    /// Never: it is given up.
    Never,
}

impl<K: Kernel> Broker<K> {
    /// Stops a component that ended without a failure. Calls to its services are refused.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run.
    pub fn exit(&mut self, id: ComponentId) -> Result<(), Denial> {
        self.take_down(id, false)?;
        self.close_services(id);
        self.forget_time(id);
        Ok(())
    }

    /// Stops a component that failed, and applies its restart policy. The log keeps the reason.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run.
    pub fn fail(&mut self, id: ComponentId, reason: &dyn Display) -> Result<Recovery, Denial> {
        let action = Action::Fail(Reason::new(reason));
        self.audit.record(self.name(id), action, None);
        self.take_down(id, true)?;
        self.forget_time(id);
        Ok(self.recover(id, 0))
    }

    /// Applies the restart policy of a component that failed to start.
    pub fn fail_to_start(&mut self, id: ComponentId) -> Recovery {
        const LEAST_DELAY: u64 = 1;
        self.recover(id, LEAST_DELAY)
    }

    /// Sets the time, in seconds of any clock.
    pub fn tick(&mut self, seconds: u64) {
        self.now = Some(seconds);
    }

    /// Returns the components that must start now, in place of those returned before. Without a
    /// clock, these are all that wait.
    pub fn take_due(&mut self) -> Vec<ComponentId> {
        let now = self.now.unwrap_or(u64::MAX);
        let components = self.components.iter_mut();
        let due = components
            .filter_map(|(&id, component)| component.due.take_if(|due| *due <= now).map(|_| id));
        due.collect()
    }

    /// Prepares the restart of the component `name`: stops it if it runs, and forgets its failures.
    /// `asking` can't restart itself, because it waits for the answer.
    ///
    /// # Errors
    ///
    /// Fails if there is no such component.
    pub fn reset(&mut self, asking: ComponentId, name: &str) -> Result<ComponentId, Denial> {
        let mut components = self.components.iter_mut();
        let (&id, component) = components
            .find(|(id, component)| **id != asking && component.config.name == name)
            .ok_or(Denial::Unknown)?;
        component.restarts = 0;
        component.given_up = false;
        component.due = None;
        if component.process.is_some() {
            self.take_down(id, false)?;
            self.forget_time(id);
        }
        Ok(id)
    }

    /// Notes that a component has started.
    pub(super) fn note_start(&mut self, id: ComponentId) {
        if let Some(component) = self.components.get_mut(&id) {
            component.started = self.now;
            component.due = None;
            component.is_gone = false;
            component.given_up = false;
        }
        self.open_services(id);
    }

    fn recover(&mut self, id: ComponentId, least_delay: u64) -> Recovery {
        let recovery = self.plan_restart(id, least_delay);
        let status = self.status(id);
        let is_passive = status.is_some_and(|status| status.config.passive);
        // A passive component works on its callers' time, so they don't wait for it either.
        if recovery == Recovery::Never || is_passive && recovery != Recovery::Now {
            self.close_services(id);
        }
        recovery
    }

    fn plan_restart(&mut self, id: ComponentId, least_delay: u64) -> Recovery {
        let now = self.now;
        let Some(component) = self.components.get_mut(&id) else {
            return Recovery::Never;
        };
        let policy = component.config.restart;
        if let (Some(now), Some(started)) = (now, component.started)
            && policy.forgives(now.saturating_sub(started))
        {
            component.restarts = 0;
        }
        let Some(milliseconds) = policy.delay(component.restarts) else {
            component.given_up = true;
            return Recovery::Never;
        };
        component.restarts = component.restarts.saturating_add(1);
        let seconds = milliseconds.div_ceil(1000).max(least_delay);
        match now {
            Some(now) if seconds > 0 => {
                // The current second may end at any moment.
                component.due = Some(now.saturating_add(seconds).saturating_add(1));
                Recovery::After(seconds)
            }
            None if least_delay > 0 => {
                component.due = Some(0);
                Recovery::Later
            }
            _ => Recovery::Now,
        }
    }

    /// Without its clock, the time stands still. Then delays would never end.
    fn forget_time(&mut self, id: ComponentId) {
        let status = self.status(id);
        if status.is_some_and(|status| status.config.operator.contains(&Right::Tick)) {
            self.now = None;
        }
    }
}
