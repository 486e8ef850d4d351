// SPDX-License-Identifier: BSD-2-Clause

//! The policy of KaaL's capability broker: who is granted which memory, device, interrupt, channel
//! and service, within which quota, and how all of it is taken back.
//!
//! The broker decides, and accounts for what it granted. It carries its decisions out through
//! [`Kernel`]: the root task implements that trait with seL4's invocations, the tests with a model of
//! seL4's rules. So everything here runs, and is tested, on any host.
//!
//! One rule makes recovery exact: every object lies in a block of untyped memory that has exactly
//! one owner. To take back what a component had, its blocks are revoked, which deletes the objects
//! and every capability to them, wherever it was passed on to, and the blocks are free again.
//!
//! Each module imports none but those that are listed below it:
//!
//! - `broker`: the requests that components, or the root task for them, can make
//! - `shared`: services and channels, which belong to several components
//! - `process`: a component that runs, and all that it has
//! - `pool`: untyped memory and the objects made of it
//! - `address_space`: the addresses of a component
//! - `slots`: the empty slots of a CNode
//! - `audit`: what was granted and denied
//! - `config`: what a component is, and what it may have
//! - `quota`: amounts of what components have
//! - `restart`: whether and when a component is started again
//! - `heap`: how much heap the broker needs
//! - `error`: why a request is denied
//! - `device`: devices, as the device tree describes them
//! - `kernel`: what the broker asks of the kernel
//! - `buddy`: blocks that are split into halves and merged again

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod address_space;
mod audit;
mod broker;
mod buddy;
mod config;
mod device;
mod error;
mod heap;
mod kernel;
mod pool;
mod process;
mod quota;
mod restart;
mod shared;
mod slots;

pub use audit::{Action, Audit, Entry};
pub use broker::{Broker, Inventory, Status, UntypedMemory};
pub use buddy::Block;
pub use config::{ComponentId, Config, FAULT_BADGE, Image, Segment};
pub use device::{Device, DeviceError};
pub use error::{Denial, Resource};
pub use heap::{HEAP_BYTES, HEAP_FOR_REST, HEAP_PER_DEVICE, HEAP_PER_SLOT};
pub use kernel::{
    Access, CSPACE_BITS, Interrupt, Kernel, KernelError, KernelResult, Object, PAGE_BITS,
    PAGE_SIZE, Pass, Slot, Thread, Trigger,
};
pub use quota::Resources;
pub use restart::Restart;
pub use shared::ChannelEnd;
