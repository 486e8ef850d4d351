// SPDX-License-Identifier: BSD-2-Clause

//! The base of programs that run before the kernel: entry point, console, fault reports and power-off.
//!
//! These programs run at EL1, EL2 or EL3, with interrupts masked. After an exception with the MMU on, [`entry`] turns it
//! off.

#![no_std]

pub mod bulk;
pub mod cache;
pub mod clock;
mod coherency;
pub mod console;
pub mod cores;
pub mod entry;
pub mod fault;
pub mod firmware;
mod memory;
pub mod state;
pub mod stop;
mod syndrome;
pub mod takeover;
pub mod translation;
pub mod words;

pub use kaal_arch::{
    address_of, link, read_own_register, read_own_registers, read_register, registers,
    write_own_register, write_register,
};
