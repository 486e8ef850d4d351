// SPDX-License-Identifier: BSD-2-Clause

//! Alarms of many clients, for the service `timer`.
//!
//! Times are microseconds from any start. A client has a fixed number of alarms, and all clients
//! together one table of fixed size. So the work for an interrupt is bounded, whatever clients ask for:
//! no client can delay the alarms of others by more than that.
//!
//! Each module imports only modules listed below it:
//!
//! - `alarms`: the alarms of all clients
//! - `alarm`: one alarm
//! - `ticks`: the units of a counter

#![no_std]
#![forbid(unsafe_code)]

mod alarm;
mod alarms;
mod ticks;

pub use alarm::SHORTEST_PERIOD;
pub use alarms::{ALARMS, Alarms, Expired};
pub use ticks::{MICROSECONDS, from_ticks, to_ticks};
