// SPDX-License-Identifier: BSD-2-Clause

//! Virtio devices for drivers: finds a device, and gives the drivers of `virtio-drivers` memory that
//! the device may access.
//!
//! - `find`: looks for a device at the transports of a page
//! - `line`: drives a virtio console as a stream of bytes
//! - `memory`: memory for the queues, and copies of buffers
//! - `negotiate`: agrees with a device on its features

#![no_std]

mod find;
mod line;
mod memory;
mod negotiate;

pub use find::{Found, find};
pub use line::Line;
pub use memory::DriverMemory;
pub use negotiate::negotiate;
pub use virtio_drivers;
