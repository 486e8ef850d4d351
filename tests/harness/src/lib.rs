// SPDX-License-Identifier: BSD-2-Clause

//! The library of `cargo xtask` and the test suites. It finds the built programs, packs images from
//! them, and boots the images on QEMU.

#![forbid(unsafe_code)]

pub mod book;
pub mod checkout;
pub mod console;
pub mod crates;
pub mod debugger;
pub mod disk;
pub mod elf;
pub mod firmware;
pub mod firmwares;
pub mod flips;
pub mod folder;
pub mod forger;
pub mod image;
pub mod line;
pub mod probe;
pub mod process;
pub mod qemu;
pub mod sel4;
mod threads;
pub mod toolchain;
pub mod tools;
pub mod workspace;
