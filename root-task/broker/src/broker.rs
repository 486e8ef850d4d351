// SPDX-License-Identifier: BSD-2-Clause

//! The broker: all requests of components, and of the root task for them.

mod channels;
mod devices;
mod lifecycle;
mod memory;
mod outages;
mod quarantine;
mod records;
mod rights;
mod services;
mod supervision;
mod time;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use kaal_protocol::Test;

use crate::audit::{Action, Audit};
use crate::buddy::Block;
use crate::config::{ComponentId, Config};
use crate::error::Denial;
use crate::kernel::{Kernel, Object, Slot};
use crate::pool::{Pool, SharedMemory};
use crate::process::Process;
use crate::quota::Resources;
use crate::shared::{Channel, Service};

pub use supervision::Recovery;
pub use time::Timeout;

/// A piece of untyped memory that the kernel gave to the root task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UntypedMemory {
    /// The memory.
    pub block: Block,
    /// The slot of its capability.
    pub slot: Slot,
    /// Whether the kernel treats it as device memory.
    pub is_device: bool,
}

/// The state of a component.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Its configuration.
    pub config: &'static Config,
    /// Whether it runs, or waits. If not, it has no resources.
    pub is_running: bool,
    /// Its use of resources.
    pub usage: Resources,
    /// Number of restarts after failures.
    pub restarts: u32,
    /// Whether it failed too often to be restarted.
    pub given_up: bool,
}

/// A component, running or stopped.
struct Component {
    config: &'static Config,
    /// Its time on MCS kernels. It outlives the process, so that a restart gives no new budget.
    sched_context: Result<Option<Slot>, Denial>,
    process: Option<Process>,
    /// Number of restarts after failures.
    restarts: u32,
    /// Whether it failed too often to be restarted.
    given_up: bool,
    /// Whether it has stopped, and no restart is planned.
    is_gone: bool,
    /// The second of its last start.
    started: Option<u64>,
    /// The second of its next start.
    due: Option<u64>,
    /// Memory that its devices may still access, from earlier runs.
    quarantine: Vec<SharedMemory>,
}

impl Component {
    fn new(config: &'static Config, sched_context: Result<Option<Slot>, Denial>) -> Self {
        Self {
            config,
            sched_context,
            process: None,
            restarts: 0,
            given_up: false,
            is_gone: false,
            started: None,
            due: None,
            quarantine: Vec::new(),
        }
    }

    fn status(&self) -> Status {
        let process = self.process.as_ref();
        Status {
            config: self.config,
            is_running: process.is_some(),
            usage: process.map(|process| process.usage).unwrap_or_default(),
            restarts: self.restarts,
            given_up: self.given_up,
        }
    }
}

/// Decides on requests, and accounts for what it granted.
pub struct Broker<K> {
    pool: Pool<K>,
    /// RAM and slots at the start.
    all: Resources,
    endpoint: Slot,
    components: BTreeMap<ComponentId, Component>,
    services: BTreeMap<&'static str, Service>,
    channels: BTreeMap<u64, Channel>,
    next_channel: u64,
    /// Who handles each interrupt, and of which device it is.
    interrupts: BTreeMap<u32, (ComponentId, &'static str)>,
    audit: Audit,
    /// Number of changes that the log doesn't show.
    unlogged_changes: u64,
    /// The self-tests that reported, and whether they passed.
    reports: Vec<(Test, bool)>,
    /// The time in seconds, as a component told it; `None` without a clock.
    now: Option<u64>,
}

impl<K: Kernel> Broker<K> {
    /// Creates a broker that grants `untyped` memory, which contains no objects, and `empty_slots`
    /// of the root task's CSpace.
    ///
    /// # Errors
    ///
    /// Fails if the broker can't create its own endpoint.
    pub fn new(
        kernel: K,
        empty_slots: Range<u64>,
        untyped: impl IntoIterator<Item = UntypedMemory>,
    ) -> Result<Self, Denial> {
        let mut pool = Pool::new(kernel, empty_slots);
        for untyped in untyped {
            pool.add(untyped.block, untyped.slot, untyped.is_device);
        }
        let all = pool.free();
        let (endpoint, _) = pool.object(Object::Endpoint)?;
        Ok(Self {
            pool,
            all,
            endpoint,
            components: BTreeMap::new(),
            services: BTreeMap::new(),
            channels: BTreeMap::new(),
            next_channel: 0,
            interrupts: BTreeMap::new(),
            audit: Audit::default(),
            unlogged_changes: 0,
            reports: Vec::new(),
            now: None,
        })
    }

    /// Creates an object for the root task itself, which stays for ever.
    ///
    /// # Errors
    ///
    /// Fails if memory or slots are exhausted.
    pub fn make_own(&mut self, object: Object) -> Result<Slot, Denial> {
        let (slot, _) = self.pool.object(object)?;
        Ok(slot)
    }

    /// Returns the endpoint where requests and faults arrive.
    pub fn endpoint(&self) -> Slot {
        self.endpoint
    }

    /// Returns the kernel.
    pub fn kernel(&mut self) -> &mut K {
        &mut self.pool.kernel
    }

    /// Returns free RAM, and free slots of the root task's CSpace.
    pub fn free(&self) -> Resources {
        self.pool.free()
    }

    /// Returns memory and slots that the kernel failed to free, and that stay unused for ever.
    pub fn lost(&self) -> Resources {
        self.pool.lost()
    }

    /// Returns the audit log.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Logs that a request was refused because it is malformed or not allowed.
    pub fn refuse_unknown(&mut self, id: ComponentId, request: u64) {
        let denial = Some(Denial::NotConfigured);
        let name = self.name(id);
        self.audit.record(name, Action::Unknown(request), denial);
    }

    /// Returns all components and their states.
    pub fn components(&self) -> impl Iterator<Item = (ComponentId, Status)> {
        let components = self.components.iter();
        components.map(|(&id, component)| (id, component.status()))
    }

    /// Returns the state of `id`; `None` if there is no such component.
    pub fn status(&self, id: ComponentId) -> Option<Status> {
        self.components.get(&id).map(Component::status)
    }

    /// Returns the name of `id`.
    pub fn name(&self, id: ComponentId) -> &'static str {
        let status = self.status(id);
        status.map_or("unknown component", |status| status.config.name)
    }

    fn audited<T>(
        &mut self,
        id: ComponentId,
        action: Action,
        decide: impl FnOnce(&mut Self) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        let outcome = decide(self);
        let denial = outcome.as_ref().err().copied();
        self.audit.record(self.name(id), action, denial);
        outcome
    }

    /// Returns a running component, and the pool.
    fn process(&mut self, id: ComponentId) -> Result<(&mut Process, &mut Pool<K>), Denial> {
        let component = self.components.get_mut(&id);
        let component = component.ok_or(Denial::NoSuchComponent(id.0))?;
        let process = component.process.as_mut().ok_or(Denial::NotRunning)?;
        Ok((process, &mut self.pool))
    }

    /// Finds `name` among the `names` of a component's configuration.
    fn configured(
        &self,
        id: ComponentId,
        name: &str,
        names: fn(&Config) -> &'static [&'static str],
    ) -> Result<&'static str, Denial> {
        let status = self.status(id).ok_or(Denial::NoSuchComponent(id.0))?;
        let mut names = names(status.config).iter().copied();
        names
            .find(|&known| known == name)
            .ok_or(Denial::NotConfigured)
    }
}
