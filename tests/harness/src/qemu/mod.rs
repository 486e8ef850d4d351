// SPDX-License-Identifier: BSD-2-Clause

//! Runs images on QEMU.

mod announcer;
mod board;
mod boot_cost;
mod devices;
mod dump;
mod failure;
mod input;
mod instructions;
mod live;
mod machine;
mod made_for;
mod memory;
mod painter;
mod report;
mod round_trip;
mod run;
mod screen;
mod stop;
mod total;
mod typist;
mod version;

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::tools::QEMU;

pub use board::Board;
pub(crate) use board::VIRT;
pub use boot_cost::BootCost;
pub use devices::{Devices, free_port};
pub(crate) use dump::{level, registers};
pub use input::Input;
pub use instructions::instructions_until;
pub(crate) use instructions::{Entry, Logged, follow};
pub use live::Live;
pub use machine::Machine;
pub use made_for::MadeFor;
pub use memory::ram;
pub use report::{Announcement, End, Report, Typed, Watch};
pub use round_trip::{Code, RoundTrip, round_trip};
pub use run::run;
pub use stop::Stop;
pub use total::instructions_during;
pub use version::Version;

/// The path of QEMU if it is found, else its name.
pub fn program() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    if let Some(file) = FOUND.get() {
        return file.clone();
    }
    match QEMU.find() {
        Some(file) => FOUND.get_or_init(|| file).clone(),
        None => QEMU.name.into(),
    }
}
