// SPDX-License-Identifier: BSD-2-Clause

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_devicetree::Header;

use super::{Board, program};
use crate::process;

/// A machine that QEMU emulates, by QEMU's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Value of `-machine`.
    pub machine: String,
    /// Value of `-cpu`.
    pub cpu: String,
    /// Value of `-m`.
    pub memory: String,
    /// Value of `-smp`.
    pub cores: u32,
    /// The number of UARTs before that of the console.
    pub serial: usize,
    /// Whether QEMU must get a device tree to boot an image.
    pub needs_device_tree: bool,
}

impl Machine {
    /// The machine for ordinary kernels, which enters the loader at EL1.
    pub fn ordinary() -> Self {
        Board::virt().machine(false)
    }

    /// The machine for hypervisor kernels, which enters the loader at EL2.
    pub fn hypervisor() -> Self {
        Self {
            machine: "virt,virtualization=on".to_owned(),
            cpu: "cortex-a57".to_owned(),
            ..Self::ordinary()
        }
    }

    /// The command that starts QEMU with this machine. The next `-serial` is for its console.
    ///
    /// Without `-nodefaults`: since QEMU 8.2, it stops machines with a sound device from starting.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .args(["-machine", &self.machine])
            .args(["-cpu", &self.cpu])
            .args(["-m", &self.memory])
            .args(["-smp", &self.cores.to_string()])
            .args(["-nic", "none", "-monitor", "none"])
            .args(["-display", "none", "-no-reboot"]);
        for _ in 0..self.serial {
            command.args(["-serial", "null"]);
        }
        command
    }

    /// The command that boots `image` on this machine.
    pub fn booting(&self, image: &Path) -> Command {
        let mut command = self.command();
        command.arg("-kernel").arg(image);
        command
    }

    /// Writes the machine's device tree to `file`, without QEMU's random seeds and without the
    /// padding behind it.
    ///
    /// # Errors
    ///
    /// Fails if QEMU has no such machine, or can't write the file.
    pub fn dump_device_tree(&self, file: &Path) -> Result<()> {
        // QEMU takes two commas for a comma in a value.
        let value = file.display().to_string().replace(',', ",,");
        let dumping = Self {
            machine: format!("{},dtb-randomness=off,dumpdtb={value}", self.machine),
            ..self.clone()
        };
        process::read(dumping.command().args(["-serial", "null"]))
            .and_then(|_| cut_padding(file))
            .with_context(|| format!("QEMU does not start {self}"))
    }
}

/// The options of this machine.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            machine,
            cpu,
            memory,
            cores,
            ..
        } = self;
        write!(f, "-machine {machine} -cpu {cpu} -m {memory} -smp {cores}")
    }
}

/// Cuts off the padding that QEMU leaves behind a device tree: a mebibyte for a tree of 8 KiB.
fn cut_padding(file: &Path) -> Result<()> {
    let mut blob = fs::read(file)?;
    let size = Header::parse(&blob)?.used_size();
    blob.truncate(size);
    Header::set_total_size(&mut blob, u32::try_from(size)?);
    Ok(fs::write(file, blob)?)
}
