// SPDX-License-Identifier: BSD-2-Clause

//! The policy of KaaL's capability broker: which component gets which memory, device, interrupt,
//! channel and service, within which quota, and how the broker takes it back.
//!
//! The broker decides, and accounts for what it granted. It acts through [`Kernel`]: the root task
//! implements this trait with seL4's invocations, the tests with a model of seL4's rules. So the
//! broker runs, and is tested, on any host.
//!
//! One rule makes recovery exact: every object lies in a block of untyped memory with exactly one
//! owner. To take back a component's resources, the broker revokes its blocks. This deletes the
//! objects and every capability to them, including passed-on copies, and frees the blocks.
//!
//! Each module imports only modules listed below it:
//!
//! - `broker`: requests of components, and of the root task for them
//! - `start_up`: the resources that a component takes when it starts
//! - `shared`: services and channels, which belong to several components
//! - `process`: a running component and its resources
//! - `pool`: untyped memory, and its retyping into objects
//! - `address_space`: the address space of a component
//! - `slots`: the empty slots of a CNode
//! - `audit`: the audit log
//! - `reason`: the reason of a component's failure
//! - `config`: configuration and program of a component
//! - `quota`: quotas and their use
//! - `restart`: restart policies
//! - `heap`: the heap that the broker needs
//! - `error`: reasons for denials
//! - `device`: devices from the device tree
//! - `largest`: a kernel that agrees to everything, and whose objects are largest
//! - `kernel`: the broker's interface to the kernel
//! - `buddy`: a buddy allocator

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod address_space;
mod audit;
mod broker;
mod buddy;
mod config;
mod device;
mod error;
mod heap;
mod kernel;
mod largest;
mod pool;
mod process;
mod quota;
mod reason;
mod restart;
mod shared;
mod slots;
mod start_up;

pub use audit::{Action, Audit, Entry};
pub use broker::{Broker, Recovery, Status, Timeout, UntypedMemory};
pub use buddy::Block;
pub use config::{ABSENT_BADGE, ComponentId, Config, FAULT_BADGE, Image, Quiesce, Right, Segment};
pub use device::{CONSOLE, Device, DeviceError};
pub use error::{Denial, Resource};
pub use kaal_protocol::ConsoleRights;

pub use heap::{HEAP_BYTES, HEAP_FOR_REST, HEAP_PER_DEVICE, HEAP_PER_SLOT};
pub use kernel::{
    Access, CSPACE_BITS, Interrupt, Kernel, KernelError, KernelResult, Object, PAGE_BITS,
    PAGE_SIZE, Pass, Slot, Thread, Time,
};
pub use largest::Largest;
pub use quota::Resources;
pub use reason::Reason;
pub use restart::Restart;
pub use shared::ChannelEnd;
pub use start_up::{check_start_up, start_up};
