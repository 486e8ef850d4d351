// SPDX-License-Identifier: BSD-2-Clause

//! What the boot tests and `cargo xtask` share: where the built programs lie, how an image is
//! packed from them, and how QEMU boots it.

#![forbid(unsafe_code)]

pub mod book;
pub mod console;
pub mod debugger;
pub mod elf;
pub mod flips;
pub mod image;
pub mod probe;
pub mod process;
pub mod qemu;
pub mod sel4;
pub mod toolchain;
pub mod tools;
pub mod workspace;
