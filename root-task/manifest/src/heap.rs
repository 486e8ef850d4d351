// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the root task's heap suffices for all quotas.

use kaal_broker::{HEAP_BYTES, HEAP_FOR_REST, HEAP_PER_DEVICE, HEAP_PER_SLOT};

use crate::component::Component;
use crate::mistake::{Mistake, Source};

pub(crate) fn check(source: &Source, components: &[Component]) -> Result<(), Mistake> {
    let mut left = HEAP_BYTES - HEAP_FOR_REST;
    for component in components {
        let slots = *component.slots.get_ref();
        let devices = component.devices.len() as u64 * HEAP_PER_DEVICE;
        let most = left.saturating_sub(devices) / HEAP_PER_SLOT;
        if slots > most {
            let problem = format!(
                "slots = {slots}: at most {most} expected, because the root task's heap is \
                 limited: lower the quotas, or raise HEAP_BYTES in root-task/broker/src/heap.rs"
            );
            return Err(source.mistake(&component.slots, problem));
        }
        left -= devices + slots * HEAP_PER_SLOT;
    }
    Ok(())
}
