// SPDX-License-Identifier: BSD-2-Clause

//! QEMU as the machine that images boot on.

mod board;
mod failure;
mod input;
mod instructions;
mod machine;
mod painter;
mod report;
mod round_trip;
mod run;
mod screen;
mod stop;
mod typist;
mod version;

pub use board::Board;
pub use input::Input;
pub use instructions::instructions_until;
pub(crate) use instructions::{Entry, Logged, follow};
pub use machine::Machine;
pub use report::{End, Report, Typed, Watch};
pub use round_trip::{Code, RoundTrip, round_trip};
pub use run::run;
pub use stop::Stop;
pub use version::Version;

/// The emulator's name.
pub const PROGRAM: &str = "qemu-system-aarch64";
