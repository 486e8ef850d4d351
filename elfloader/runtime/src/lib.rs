// SPDX-License-Identifier: BSD-2-Clause

//! What programs need that run before the kernel: a start, a console, a report of every exception
//! and an end that is said in words.
//!
//! They run on the bare machine, at EL1, EL2 or EL3, with interrupts masked. Whoever has the MMU on
//! maps no device: the console is written to with the MMU off. It notes nothing in the meantime, and
//! writes back its own memory afterwards; [`entry`] sees to that where an exception ends it.

#![no_std]

pub mod cache;
pub mod clock;
mod coherency;
pub mod console;
pub mod copy;
pub mod cores;
pub mod entry;
pub mod fault;
pub mod firmware;
pub mod link;
mod memory;
pub mod registers;
pub mod state;
pub mod stop;
mod syndrome;
pub mod words;
