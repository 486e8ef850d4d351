// SPDX-License-Identifier: BSD-2-Clause

//! Whether the root task's heap holds the books of all that components may have.

use kaal_broker::{BOOKS_PER_DEVICE, BOOKS_PER_SLOT, HEAP_BYTES, OTHER_BOOKS};

use crate::{Component, Mistake};

pub(crate) fn check(components: &[Component]) -> Result<(), Mistake> {
    let mut left = HEAP_BYTES - OTHER_BOOKS;
    for component in components {
        let slots = &component.slots;
        let devices = component.devices.len() as u64 * BOOKS_PER_DEVICE;
        let most = left.saturating_sub(devices) / BOOKS_PER_SLOT;
        if slots.value > most {
            let problem = format!(
                "at most {most} expected, {} found: the root task's heap holds no more books; \
                 lower the quotas, or raise HEAP_BYTES in broker/src/books.rs",
                slots.value
            );
            return Err(Mistake::new(slots.line, "slots", problem));
        }
        left -= devices + slots.value * BOOKS_PER_SLOT;
    }
    Ok(())
}
