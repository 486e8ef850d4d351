// SPDX-License-Identifier: BSD-2-Clause

//! A heap for KaaL components, so that they can use the crate `alloc`. It is a crate of its own, because
//! a program with `alloc` must have a heap, and most components need neither.
//!
//! The heap grows when it is full, by at least 16 KiB, until the component's quota `memory` or `slots` is
//! used up. Then the component fails, and the root task prints `memory allocation of N bytes failed`.
//!
//! ```no_run
//! #![no_std]
//! #![no_main]
//!
//! extern crate alloc;
//!
//! use alloc::vec;
//!
//! use kaal_component::Failure;
//! // Without an item of the crate, the compiler would leave it out.
//! use kaal_heap as _;
//!
//! kaal_component::main!(run);
//!
//! fn run() -> Result<(), Failure> {
//!     let mut squares = vec![0, 1, 4];
//!     squares.push(9);
//!     Ok(())
//! }
//! ```

#![no_std]
// Examples are compiled for the target, but can't run there.
#![doc(test(attr(no_std, no_main)))]

use core::alloc::Layout;

use kaal_component::allocate;
use talc::TalcCell;
use talc::base::Talc;
use talc::base::binning::{Binning, DefaultBinning};
use talc::cell::TalcSyncCell;
use talc::source::Source;

#[global_allocator]
static HEAP: TalcSyncCell<FromBroker, DefaultBinning> = {
    // SAFETY: a component has one thread, and no handler interrupts it.
    unsafe { TalcSyncCell::new(TalcCell::new(FromBroker)) }
};

/// Bytes that the heap grows by, if that suffices.
const STEP: usize = 16 * 1024;

/// More than the allocator's own data in each piece of memory.
const OWN_DATA: usize = 4096;

/// Takes memory from the broker.
#[derive(Debug)]
struct FromBroker;

// SAFETY: a request to the broker takes nothing from the heap.
unsafe impl Source for FromBroker {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let least = layout.size().saturating_add(layout.align());
        let least = least.saturating_add(OWN_DATA);
        let memory = allocate(least.max(STEP)).or_else(|_| allocate(least));
        let memory = memory.map_err(drop)?.leak();
        // SAFETY: nothing else refers to the memory, and it stays allocated.
        let claimed = unsafe { talc.claim(memory.as_mut_ptr(), memory.len()) };
        claimed.map(drop).ok_or(())
    }
}
