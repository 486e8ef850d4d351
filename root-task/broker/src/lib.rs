// SPDX-License-Identifier: BSD-2-Clause

//! The policy of KaaL's capability broker: who is granted which memory, device, interrupt, channel
//! and service, within which quota, and how all of it is taken back.
//!
//! The broker decides and keeps the books. What it decides, it carries out through [`Kernel`]: the
//! root task implements that trait with seL4's invocations, the tests with a model of seL4's rules.
//! So everything here runs, and is tested, on any host.
//!
//! One rule makes recovery exact: every object lies in a block of untyped memory that has exactly
//! one owner. To take back what a component had, its blocks are revoked, which deletes the objects
//! and every capability to them, wherever it was passed on to, and the blocks are free again.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod audit;
mod books;
mod broker;
mod buddy;
mod component;
mod device;
mod error;
mod kernel;
mod pool;
mod quota;
mod restart;
mod shared;
mod slots;
mod space;

pub use audit::{Action, Audit, Entry};
pub use books::{BOOKS_PER_DEVICE, BOOKS_PER_SLOT, HEAP_BYTES, OTHER_BOOKS};
pub use broker::{Broker, Inventory, UntypedMemory};
pub use buddy::Block;
pub use component::{
    BROKER_SLOT, CHANNEL_ENDED, CSPACE_BITS, ComponentId, Config, Image, NOTIFICATION_SLOT,
    REPLY_SLOT, Segment, State, Status,
};
pub use device::{Device, DeviceError, Interrupt, Trigger};
pub use error::{Denial, Resource};
pub use kernel::{
    Kernel, KernelError, Memory, Object, PAGE_BITS, PAGE_SIZE, Pass, Rights, Slot, Thread,
};
pub use quota::{Quota, Usage};
pub use restart::{Decision, Restart};
pub use shared::ChannelEnd;
