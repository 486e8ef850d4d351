// SPDX-License-Identifier: BSD-2-Clause

//! The library for KaaL components: memory, devices, interrupts, services, channels and a console,
//! all requested from the broker.
//!
//! ```no_run
//! #![no_std]
//! #![no_main]
//!
//! use core::fmt::Write;
//! use kaal_component::{Console, Failure};
//!
//! kaal_component::main!(run);
//!
//! fn run() -> Result<(), Failure> {
//!     let mut console = Console::open()?;
//!     let memory = kaal_component::allocate(8192)?;
//!     writeln!(console, "hello with {} bytes", memory.len())?;
//!     Ok(())
//! }
//! ```
//!
//! Each module imports only modules listed below it:
//!
//! - `start`: start and end of a component
//! - `logger`: the macros of the crate `log`
//! - `console`: the console, which uses the service `serial`
//! - `terminal`: what the driver of the console prints
//! - `network`: packets of the network driver
//! - `disk`: a disk, by the service `disk`
//! - `timer`: alarms, by the service `timer`
//! - `service`: offers and uses services
//! - `channel`: shared memory with byte streams
//! - `shared_memory`: memory that two components share
//! - `memory`: memory for the component and for devices
//! - `registers`: a device's registers
//! - `generic_timer`: the counter and the timer of the processor
//! - `pl031`: register offsets of the PL031 real-time clock
//! - `interrupt`: interrupts
//! - `operator`: requests of operators and of the self-test
//! - `reload`: replaces the programs of other components, in development
//! - `broker`: requests to the broker
//! - `failure`: failures of a component
//! - `copy`: the function that copies memory

#![no_std]
// Examples are compiled for the target, but can't run there.
#![doc(test(attr(no_std, no_main)))]

mod broker;
mod channel;
mod console;
mod copy;
mod disk;
mod failure;
mod generic_timer;
mod interrupt;
mod logger;
mod memory;
mod network;
mod operator;
pub mod pl031;
mod registers;
mod reload;
mod service;
mod shared_memory;
mod start;
mod terminal;
mod timer;

pub use broker::{wait, wait_briefly};
pub use channel::Channel;
pub use console::Console;
pub use disk::Disk;
pub use failure::Failure;
pub use generic_timer::{Counter, GenericTimer};
pub use interrupt::Interrupt;
pub use kaal_protocol::{
    Alarm, Answer, Block, Bytes, CHANNEL_ENDED, Calls, Data, Echo, FILE_PATH, FileCall,
    MESSAGE_BYTES, Packets, Refusal, Reply, Serial, TEXT_LIMIT, Test, Text, Topic, Totals, View,
    calls, records,
};
pub use logger::log_to_console;
pub use memory::{DmaMemory, Memory, allocate};
pub use network::Interface;
pub use operator::{inspect, list, ping, report, restart, tick, watch};
pub use registers::Registers;
pub use reload::NewProgram;
pub use service::{Client, Event, Service};
pub use shared_memory::SharedMemory;
pub use start::run;
pub use terminal::Terminal;
pub use timer::Timer;
