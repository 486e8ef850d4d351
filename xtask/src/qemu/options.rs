// SPDX-License-Identifier: BSD-2-Clause

//! The options of a boot.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_harness::image::Format;
use kaal_harness::qemu::{Machine, Watch};

use super::devices::DeviceOptions;
use super::firmware::{Firmware, FirmwareOptions};
use crate::root_task::Selection;

/// The time limit in seconds, if the boot waits for a text. A boot takes a few seconds.
const LIMIT: u64 = 60;

const STATUSES: &str = "\
Exit status: 0 if the console showed the expected text or, without one, QEMU succeeded; 1 for any error not listed \
here; 2 if the command line is wrong; 3 if the console shows that the boot failed; 4 at the time limit; 5 if QEMU ended \
too early or failed";

#[derive(Args)]
#[command(after_help = STATUSES)]
pub(crate) struct Options {
    /// Root task to boot [default: KaaL's own with SEL4_PREFIX, else the probe kernel's task]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["system", "only"])]
    pub(crate) app: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Boot this image, which was packed before, on the machine that it was made for
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "app", "system", "only", "hyp", "dtb", "format", "compress", "load_address", "log_level", "gdb",
    ])]
    pub(super) image: Option<PathBuf>,
    /// Device tree to embed [default: the kernel's]
    #[arg(long, value_name = "FILE")]
    pub(super) dtb: Option<PathBuf>,
    /// Boot the probe kernel for EL2; with SEL4_PREFIX, the kernel itself decides
    #[arg(long)]
    pub(super) hyp: bool,
    /// QEMU's machine, as in `qemu-system-aarch64 -machine help` [default: that of the kernel's platform, or virt]
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,
    /// QEMU's processor [default: that of the machine]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// QEMU's memory size [default: that of the machine; 1G for virt]
    #[arg(long, value_name = "SIZE")]
    pub(super) memory: Option<String>,
    #[command(flatten)]
    pub(super) firmware: FirmwareOptions,
    #[command(flatten)]
    pub(crate) devices: DeviceOptions,
    /// The image's format [default: the one that the firmware or board boots]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name)))]
    format: Option<String>,
    /// How the image stores content [default: none]
    #[arg(long, value_name = "METHOD", value_parser = ["none", "lz4"])]
    compress: Option<String>,
    /// The address at which QEMU loads a uimage
    #[arg(long, value_name = "ADDRESS", required_if_eq("format", "uimage"))]
    load_address: Option<String>,
    /// QEMU's number of cores [default: the number that the kernel waits for; 1 for the probe kernel, which waits for
    /// all]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) cores: Option<u32>,
    /// How much the loader prints
    #[arg(long, value_name = "LEVEL", value_parser = ["error", "info", "debug"])]
    pub(super) log_level: Option<String>,
    /// Wait for a debugger before the first instruction, and print how to start gdb
    #[arg(long)]
    pub(super) gdb: bool,
    /// Let QEMU wait at this TCP port of this machine [default: a socket that no other program has]
    #[arg(long, value_name = "PORT", requires = "gdb")]
    pub(super) gdb_port: Option<u16>,
    /// Explain the addresses on the console of a failed boot or component [default: only on a terminal]
    #[arg(long)]
    pub(super) explain: bool,
    /// End after this time [default: 60 with an expected text, else never]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Succeed as soon as the console shows this text
    #[arg(long, value_name = "TEXT")]
    pub(super) expect: Option<String>,
    /// Write the console's output to this file
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU-ARGS")]
    pub(super) qemu_arguments: Vec<OsString>,
}

impl Options {
    /// `default`, changed by the options.
    pub(super) fn machine(&self, default: Machine) -> Machine {
        Machine {
            machine: self.machine.clone().unwrap_or(default.machine),
            cpu: self.cpu.clone().unwrap_or(default.cpu),
            memory: self.memory.clone().unwrap_or(default.memory),
            cores: self.cores.unwrap_or(default.cores),
            ..default
        }
    }

    /// The image's format that the user or the chosen firmware wants.
    pub(super) fn format(&self) -> Result<Option<Format>> {
        match &self.format {
            Some(name) => name.parse().map(Some),
            None => Ok(self.firmware.chosen().map(Firmware::format)),
        }
    }

    /// The builder's options for the image's format: `packing`, unless another `format` is wanted.
    pub(super) fn packing(&self, format: Option<Format>, mut packing: Vec<String>) -> Vec<String> {
        if format.is_some() {
            packing.clear();
        }
        let options = [
            ("--format", format.map(Format::name)),
            ("--compress", self.compress.as_deref()),
            ("--load-address", self.load_address.as_deref()),
        ];
        let given = options
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.to_owned(), value?.to_owned()]));
        packing.extend(given.flatten());
        packing
    }

    /// Waits for `expect`, unless the user chooses another text.
    pub(super) fn watch(&self, expect: Option<&str>) -> Watch {
        let expect = self.expect.clone().or(expect.map(str::to_owned));
        // No limit for users of a debugger, nor if the boot waits for nothing.
        let limit = (expect.is_some() && !self.gdb).then_some(LIMIT);
        Watch {
            expect,
            limit: self.timeout.or(limit).map(Duration::from_secs),
            show: true,
            log: self.log.clone(),
            ..Watch::default()
        }
    }
}
