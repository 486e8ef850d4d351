// SPDX-License-Identifier: BSD-2-Clause

//! What the user may choose of a boot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_harness::qemu::{Machine, Watch};

/// The seconds in which a text that is waited for is shown; a boot takes a few.
const LIMIT: u64 = 60;

/// What scripts want to know.
const STATUSES: &str = "\
Exit status: 0 if the console showed what was waited for, or QEMU ended well where nothing was; 3 if the boot failed, \
as the console says; 4 if time was over; 5 if QEMU ended; 1 for any other error; 2 if the command line is wrong";

/// What to boot, and where.
#[derive(Args)]
#[command(after_help = STATUSES)]
pub(crate) struct Options {
    /// Root task to boot [default: KaaL's own with SEL4_PREFIX, else the probe kernel's task]
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
    /// Boot the probe kernel for EL2; with SEL4_PREFIX, the kernel itself decides
    #[arg(long)]
    pub(super) hyp: bool,
    /// QEMU's machine, as `qemu-system-aarch64 -machine help` lists them [default: that of the kernel's
    /// platform, or virt]
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,
    /// QEMU's processor [default: that of the machine]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// QEMU's memory size [default: that of the machine; 1G for virt]
    #[arg(long, value_name = "SIZE")]
    memory: Option<String>,
    /// The image's format [default: what the board boots]
    #[arg(long, value_name = "FORMAT")]
    #[arg(value_parser = PossibleValuesParser::new(["elf", "raw", "uimage", "image"]))]
    format: Option<String>,
    /// How the image stores content [default: none]
    #[arg(long, value_name = "METHOD", value_parser = PossibleValuesParser::new(["none", "lz4"]))]
    compress: Option<String>,
    /// Where QEMU loads a uimage
    #[arg(long, value_name = "ADDRESS", required_if_eq("format", "uimage"))]
    load_address: Option<String>,
    /// QEMU's number of cores [default: as many as the kernel waits for; 1 for the probe kernel, which
    /// waits for all]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    cores: Option<u32>,
    /// How much the loader says
    #[arg(long, value_name = "LEVEL")]
    #[arg(value_parser = PossibleValuesParser::new(["error", "info", "debug"]))]
    pub(super) log_level: Option<String>,
    /// Wait for a debugger before the first instruction, and print how gdb is started
    #[arg(long)]
    pub(super) gdb: bool,
    /// End after this time [default: 60 where a text is waited for]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// End well as soon as the console shows this text
    #[arg(long, value_name = "TEXT")]
    pub(super) expect: Option<String>,
    /// Write what the console shows to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU-ARGS")]
    pub(super) qemu_arguments: Vec<OsString>,
}

impl Options {
    /// The root task that the user has built.
    pub(crate) fn app(&self) -> Option<&Path> {
        self.app.as_deref()
    }

    /// `default`, as far as the user asks for nothing else.
    pub(super) fn machine(&self, default: Machine) -> Machine {
        Machine {
            machine: self.machine.clone().unwrap_or(default.machine),
            cpu: self.cpu.clone().unwrap_or(default.cpu),
            memory: self.memory.clone().unwrap_or(default.memory),
            cores: self.cores.unwrap_or(default.cores),
            ..default
        }
    }

    /// The builder's options for the image's format, which is `packing`'s unless another is given.
    pub(super) fn packing(&self, mut packing: Vec<String>) -> Vec<String> {
        if self.format.is_some() {
            packing.clear();
        }
        let options = [
            ("--format", &self.format),
            ("--compress", &self.compress),
            ("--load-address", &self.load_address),
        ];
        let given = options
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]));
        packing.extend(given.flatten());
        packing
    }

    /// What is waited for: `expect`, unless the user asks for another text.
    pub(super) fn watch(&self, expect: Option<&str>) -> Watch {
        let expect = self.expect.clone().or(expect.map(str::to_owned));
        // A debugger's user takes as long as it takes, and so does who waits for nothing.
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
