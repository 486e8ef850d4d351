// SPDX-License-Identifier: BSD-2-Clause

//! Packets between a network driver and its client, through shared memory.
//!
//! The queues are those of the seL4 Device Driver Framework (sDDF): for each direction, one queue of
//! free buffers and one of buffers with packets. The device reads and writes the buffers itself, so the
//! driver copies nothing. Neither end trusts the other: each keeps its own count of what it sent and
//! received, checks every descriptor, and copies a packet to memory of its own before it reads it. So
//! a hostile end causes an error or wrong packets, and nothing else.
//!
//! Each module imports only modules listed below it:
//!
//! - `client`: the client's end
//! - `drive`: what the driver does for each event
//! - `chains`: the driver's queue of a virtio device
//! - `driver`: the driver's end
//! - `queue`: queues of descriptors
//! - `packet`: copies of packets
//! - `layout`: what lies where in the shared memory
//! - `broken`: what an end or the device did wrong

#![no_std]
#![forbid(unsafe_code)]

mod broken;
mod chains;
mod client;
mod drive;
mod driver;
mod layout;
mod packet;
mod queue;

pub use broken::Broken;
pub use chains::{Chains, Direction, QUEUE};
pub use client::Client;
pub use drive::{Notify, drive};
pub use driver::{Driver, Filled};
pub use layout::{BUFFER, Layout};
pub use queue::Descriptor;
