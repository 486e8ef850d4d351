// SPDX-License-Identifier: BSD-2-Clause

//! QEMU as the machine that images boot on.

mod version;

pub use version::Version;

/// The emulator's name.
pub const PROGRAM: &str = "qemu-system-aarch64";
