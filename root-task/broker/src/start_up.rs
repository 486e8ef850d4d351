// SPDX-License-Identifier: BSD-2-Clause

//! The resources that a component takes when it starts.

use crate::buddy::Block;
use crate::config::{ComponentId, Config, Image};
use crate::error::Denial;
use crate::kernel::Slot;
use crate::largest::Largest;
use crate::pool::{Pool, page_align};
use crate::process::Process;
use crate::quota::Resources;

/// More memory than any component can get.
const MEMORY: Block = Block { bits: 48, start: 0 };

/// Returns the most that a component takes from its quota when it starts, on any kernel.
///
/// # Errors
///
/// Fails if the image doesn't fit the address space.
pub fn start_up(config: &Config, image: &Image<'_>) -> Result<Resources, Denial> {
    let mut pool = Pool::new(Largest, 1..u64::MAX);
    pool.add(MEMORY, Slot::default(), false);
    let mut process = Process::new(Resources::new(MEMORY.size(), u64::MAX));
    let slot = Slot::default();
    process.start(&mut pool, config, image, Some(slot), slot, ComponentId(1))?;
    Ok(process.usage)
}

/// Checks that a component's quota suffices to start it, on any kernel.
///
/// # Errors
///
/// Fails if it doesn't, or the image doesn't fit the address space.
pub fn check_start_up(config: &Config, image: &Image<'_>) -> Result<(), Denial> {
    let mut usage = Resources::default();
    // First by size: counting the pages of a huge segment would take too much memory.
    for segment in image.segments {
        let pages = Resources::pages(page_align(segment.size)?);
        usage.charge(pages, &config.quota)?;
    }
    Resources::default().charge(start_up(config, image)?, &config.quota)
}
