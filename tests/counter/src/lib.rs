// SPDX-License-Identifier: BSD-2-Clause

//! A plugin of QEMU that counts what a boot on one core costs real hardware, or the instructions of a whole run.
//!
//! What an access costs depends on SCTLR_ELx, which plugins can't read before QEMU 9.0. So the plugin splits the boot
//! into segments in which SCTLR_ELx and the exception level stay the same, and prints the counts of each. The harness
//! finds out the state in each segment.
//!
//! - `interface`: what QEMU and the plugin call of each other
//! - `segments`: splits the boot and counts
//! - `total`: counts all instructions of a run instead
//! - `instruction`: recognises the instructions at which segments end

mod instruction;
mod interface;
mod segments;
mod total;
