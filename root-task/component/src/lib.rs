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
//!     writeln!(console, "hello with {} bytes", memory.len()).map_err(|_| Refusal::Failed)
//! }
//! ```

#![no_std]

mod broker;
mod channel;
mod console;
mod device;
mod memory;
mod operator;
mod service;
mod start;
mod words;

pub use broker::{wait, wait_briefly};
pub use channel::Channel;
pub use console::Console;
pub use device::{Interrupt, Registers};
pub use kaal_protocol::{CHANNEL_ENDED, ECHO, Refusal, Report, Test, Text, View, serial};
pub use memory::{DmaMemory, allocate, free};
pub use operator::{inspect, ping, report, restart, tick};
pub use service::{Call, Client, Event, Service};
pub use start::run;
