// SPDX-License-Identifier: BSD-2-Clause

//! Memory that devices of a stopped component may still access.

use alloc::vec::Vec;

use super::Broker;
use crate::config::{ComponentId, Quiesce};
use crate::kernel::{Kernel, PAGE_SIZE};
use crate::pool::{Pool, SharedMemory};
use crate::quota::Resources;

impl<K: Kernel> Broker<K> {
    /// Returns the memory that stays unused, because a device may still access it.
    pub fn quarantined(&self) -> Resources {
        let quarantines = self.components.values();
        let quarantines = quarantines.flat_map(|component| &component.quarantine);
        usage_of(quarantines)
    }

    /// Quarantines memory of a stopped component. Frees all that it has there if its devices are
    /// quiet.
    pub(super) fn quarantine(
        &mut self,
        id: ComponentId,
        memory: Vec<SharedMemory>,
        is_quiet: bool,
    ) {
        let Some(component) = self.components.get_mut(&id) else {
            return;
        };
        component.quarantine.extend(memory);
        if is_quiet {
            let memory = core::mem::take(&mut component.quarantine);
            let pool = &mut self.pool;
            memory.into_iter().for_each(|it| pool.release_shared(it));
        }
    }

    /// Tries to free the memory that a stopped component has in quarantine.
    pub(super) fn retry_quarantine(&mut self, id: ComponentId) {
        let component = self.components.get(&id);
        let waiting = component.filter(|component| !component.quarantine.is_empty());
        if let Some(dma) = waiting.map(|component| component.config.dma) {
            let is_quiet = quiet(&mut self.pool, dma);
            self.quarantine(id, Vec::new(), is_quiet);
        }
    }
}

/// Quiets devices that no component has. Returns whether all are quiet.
pub(super) fn quiet<K: Kernel>(pool: &mut Pool<K>, devices: &[Option<Quiesce>]) -> bool {
    let mut all_quiet = true;
    for device in devices {
        all_quiet &= device.is_some_and(|quiesce| quiet_one(pool, quiesce));
    }
    all_quiet
}

fn quiet_one<K: Kernel>(pool: &mut Pool<K>, quiesce: Quiesce) -> bool {
    let offset = quiesce.register % PAGE_SIZE;
    let Ok(pages) = pool.device_pages(quiesce.register - offset, PAGE_SIZE) else {
        return false;
    };
    let mut slots = pages.iter().flat_map(|page| &page.slots);
    let outcome = slots.next().map(|&page| {
        let kernel = &mut pool.kernel;
        kernel.quiesce(page, offset, quiesce.value, quiesce.read_back)
    });
    pool.release(pages);
    outcome == Some(Ok(true))
}

/// Returns what memory for devices was charged as.
pub(super) fn usage_of<'a>(memory: impl IntoIterator<Item = &'a SharedMemory>) -> Resources {
    let allocations = memory.into_iter().flat_map(|memory| memory.iter());
    let sizes = allocations.map(|allocation| allocation.block.size());
    Resources::pages(sizes.sum())
}
