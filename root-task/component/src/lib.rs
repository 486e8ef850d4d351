// SPDX-License-Identifier: BSD-2-Clause

//! What a KaaL component is written with: memory, devices, interrupts, services and channels, all
//! asked of the broker, and a console.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! use core::fmt::Write;
//! use kaal_component::{Console, Refusal};
//!
//! kaal_component::main!(run);
//!
//! fn run() -> Result<(), Refusal> {
//!     let mut console = Console::open()?;
//!     let memory = kaal_component::allocate(8192)?;
//!     writeln!(console, "hello with {} bytes", memory.len())?;
//!     Ok(())
//! }
//! ```
//!
//! Each module imports none but those that are listed below it:
//!
//! - `start`: a component's first and last instructions
//! - `console`: the console, through the service `serial`
//! - `service`: services that the component offers and uses
//! - `channel`: memory that two components share
//! - `memory`: memory
//! - `registers`: a device's registers
//! - `pl031`: the registers of the PL031 real-time clock
//! - `interrupt`: interrupts
//! - `operator`: what only operators may do
//! - `broker`: calls to the broker

#![no_std]

mod broker;
mod channel;
mod console;
mod interrupt;
mod memory;
mod operator;
pub mod pl031;
mod registers;
mod service;
mod start;

pub use broker::{wait, wait_briefly};
pub use channel::Channel;
pub use console::Console;
pub use interrupt::Interrupt;
pub use kaal_protocol::{CHANNEL_ENDED, ECHO, Refusal, Report, Test, Text, View, serial};
pub use memory::{DmaMemory, allocate, free};
pub use operator::{inspect, ping, report, restart, tick};
pub use registers::Registers;
pub use service::{Call, Client, Event, Service};
pub use start::run;
