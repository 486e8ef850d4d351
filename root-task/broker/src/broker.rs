// SPDX-License-Identifier: BSD-2-Clause

//! The broker: every request that a component, or the root task for it, can make.

mod channels;
mod devices;
mod lifecycle;
mod memory;
mod services;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::component::Live;
use crate::pool::Pool;
use crate::shared::{Channel, Service};
use crate::{
    Action, Audit, Block, ComponentId, Config, Denial, Kernel, KernelError, Object, Slot, State,
    Status,
};

/// A piece of untyped memory that the kernel left to the root task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UntypedMemory {
    /// Which memory.
    pub block: Block,
    /// Its capability.
    pub slot: Slot,
    /// Whether it is anything else than RAM.
    pub is_device: bool,
}

/// What the broker has to give.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Empty slots of the root task's CSpace.
    pub empty_slots: Range<u64>,
    /// Untyped memory of which nothing has been made.
    pub untyped: Vec<UntypedMemory>,
}

/// A component, running or not.
#[derive(Debug)]
struct Component {
    config: &'static Config,
    starts: u32,
    live: Option<Live>,
}

/// Decides on requests, and keeps the books.
#[derive(Debug)]
pub struct Broker<K> {
    kernel: K,
    pool: Pool,
    endpoint: Slot,
    components: Vec<Component>,
    services: BTreeMap<&'static str, Service>,
    channels: BTreeMap<u64, Channel>,
    next_channel: u64,
    interrupts: BTreeMap<u32, ComponentId>,
    audit: Audit,
}

impl<K: Kernel> Broker<K> {
    /// A broker that gives out what `inventory` lists.
    ///
    /// # Errors
    ///
    /// Fails where the broker's own endpoint can't be made.
    pub fn new(kernel: K, inventory: Inventory) -> Result<Self, Denial> {
        let mut kernel = kernel;
        let mut pool = Pool::new(inventory.empty_slots);
        for untyped in inventory.untyped {
            pool.add(untyped.block, untyped.slot, untyped.is_device);
        }
        let endpoint = pool.object(&mut kernel, Object::Endpoint)?;
        let endpoint = endpoint.slots.first().copied();
        Ok(Self {
            kernel,
            pool,
            endpoint: endpoint.ok_or(KernelError::InvalidCapability)?,
            components: Vec::new(),
            services: BTreeMap::new(),
            channels: BTreeMap::new(),
            next_channel: 0,
            interrupts: BTreeMap::new(),
            audit: Audit::default(),
        })
    }

    /// Makes an object for the root task itself, which is never taken back.
    ///
    /// # Errors
    ///
    /// Fails where memory or slots don't suffice.
    pub fn make_own(&mut self, object: Object) -> Result<Slot, Denial> {
        let holding = self.pool.object(&mut self.kernel, object)?;
        let slot = holding.slots.first().copied();
        Ok(slot.ok_or(KernelError::InvalidCapability)?)
    }

    /// The badge bit that tells the faults of a component from its requests.
    pub const FAULT_BADGE: u64 = 1 << 32;

    /// The endpoint that requests and faults arrive at.
    pub fn endpoint(&self) -> Slot {
        self.endpoint
    }

    /// The kernel.
    pub fn kernel(&mut self) -> &mut K {
        &mut self.kernel
    }

    /// Bytes of RAM that are free.
    pub fn free_bytes(&self) -> u64 {
        self.pool.free_bytes()
    }

    /// Slots of the root task's CSpace that are empty.
    pub fn free_slots(&self) -> u64 {
        self.pool.free_slots()
    }

    /// What was granted and denied.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Notes a request that could not even be read.
    pub fn refuse_unknown(&mut self, id: ComponentId, request: u64) {
        let denial = Some(Denial::NotConfigured);
        self.audit.record(id, Action::Unknown(request), denial);
    }

    /// All components.
    pub fn components(&self) -> impl Iterator<Item = (ComponentId, Status)> {
        self.components.iter().zip(1..).map(|(component, number)| {
            let live = component.live.as_ref();
            let status = Status {
                name: component.config.name,
                state: live.map_or(State::Stopped, |_| State::Running),
                usage: live.map(|live| live.usage).unwrap_or_default(),
                starts: component.starts,
            };
            (ComponentId(number), status)
        })
    }

    /// What `id` is configured to be.
    pub fn config(&self, id: ComponentId) -> Option<&'static Config> {
        let index = usize::from(id.0).checked_sub(1)?;
        Some(self.components.get(index)?.config)
    }

    fn audited<T>(
        &mut self,
        id: ComponentId,
        action: Action,
        scratch: impl FnOnce(&mut Self) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        let outcome = scratch(self);
        self.audit
            .record(id, action, outcome.as_ref().err().copied());
        outcome
    }

    fn live(&mut self, id: ComponentId) -> Result<(&mut Live, &mut K, &mut Pool), Denial> {
        let component = component_mut(&mut self.components, id)?;
        let live = component.live.as_mut().ok_or(Denial::NotRunning)?;
        Ok((live, &mut self.kernel, &mut self.pool))
    }
}

fn component_mut(components: &mut [Component], id: ComponentId) -> Result<&mut Component, Denial> {
    usize::from(id.0)
        .checked_sub(1)
        .and_then(|index| components.get_mut(index))
        .ok_or(Denial::NoSuchComponent(id.0))
}
