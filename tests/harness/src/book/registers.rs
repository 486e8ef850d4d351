// SPDX-License-Identifier: BSD-2-Clause

//! Boots an image and records the registers at each handover.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_payload::Payload;
use zerocopy::IntoBytes;

use crate::image::{self, Inputs};
use crate::probe;
use crate::qemu::{self, Machine, Watch};

/// The time limit of a boot.
const LIMIT: Duration = Duration::from_secs(60);

/// The states of a boot.
pub(super) struct Boot {
    /// At the first instruction of the loader, the kernel and the user image.
    pub(super) states: [State; 3],
    /// The meaning of the kernel's arguments, by value.
    pub(super) meanings: BTreeMap<u64, &'static str>,
    /// The registers that the probe kernel checked: name and value.
    pub(super) found: Vec<(String, String)>,
}

/// A core's state at one instruction.
pub(super) struct State {
    pub(super) address: u64,
    pub(super) level: String,
    /// x0 to x5.
    pub(super) x: [u64; 6],
}

impl Boot {
    /// Boots `image`, which was packed from `inputs`.
    pub(super) fn follow(
        inputs: &Inputs,
        machine: &Machine,
        image: &Path,
        scratch: &Path,
    ) -> Result<Self> {
        let content =
            fs::read(image).with_context(|| format!("failed to read {}", image.display()))?;
        let (_, header) = image::payload_header(&content)?;
        let payload = Payload::parse(header.as_bytes(), image::crc32c)?;
        let user = payload.user_image;
        let entries = [
            Elf::parse(&content)?.entry,
            payload.kernel_entry.0,
            user.entry.0,
        ];
        let meanings = BTreeMap::from([
            (user.memory.start.0, "the user image begins here"),
            (user.memory.end.0, "the user image ends here"),
            (
                user.pv_offset,
                "physical minus virtual address of the user image",
            ),
            (user.entry.0, "entry point of the user image"),
            (payload.device_tree.start.0, "the device tree"),
        ]);

        let log = scratch.join("registers.log");
        let ranges = entries.map(|entry| format!("{entry:#x}+3"));
        let mut command = inputs.boot(machine, image);
        command
            .args(["-d", "cpu,exec,nochain", "-dfilter", &ranges.join(",")])
            .arg("-D")
            .arg(&log);
        let watch = Watch {
            expect: Some(probe::PASS.to_owned()),
            limit: Some(LIMIT),
            ..Watch::default()
        };
        let report = qemu::run(command, &watch)?;
        ensure!(
            report.end == qemu::End::Expected,
            "the boot failed; its console:\n{}",
            report.console
        );
        let log = fs::read_to_string(&log).context("QEMU wrote no log")?;
        let state = |entry| {
            State::find(&log, entry).with_context(|| format!("{entry:#x} is not in QEMU's log"))
        };
        Ok(Self {
            states: [state(entries[0])?, state(entries[1])?, state(entries[2])?],
            meanings,
            found: found(&report.console),
        })
    }
}

impl State {
    /// Reads the first state at `address` from QEMU's log.
    fn find(log: &str, address: u64) -> Option<Self> {
        let (_, behind) = log.split_once(&format!("PC={address:016x}"))?;
        let value = |name: String| {
            let (_, value) = behind.split_once(&name)?;
            u64::from_str_radix(value.get(..16)?, 16).ok()
        };
        let mut x = [0; 6];
        for (number, x) in x.iter_mut().enumerate() {
            *x = value(format!("X{number:02}="))?;
        }
        let (_, flags) = behind.split_once("PSTATE=")?;
        let mut words = flags.lines().next()?.split_whitespace();
        let level = words.find(|word| word.starts_with("EL"))?.to_owned();
        Some(Self { address, level, x })
    }
}

/// The probe kernel's lines about registers: `probe: ok    TCR_EL1 (0x12b5103510)`.
fn found(console: &str) -> Vec<(String, String)> {
    let rows = console.lines().filter_map(|line| {
        let row = line.strip_prefix("probe: ok")?.trim();
        let (name, value) = row.strip_suffix(')')?.rsplit_once(" (")?;
        let is_register = name.contains("_EL");
        is_register.then(|| (name.to_owned(), value.to_owned()))
    });
    rows.collect()
}
