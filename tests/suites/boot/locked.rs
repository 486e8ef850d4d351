// SPDX-License-Identifier: BSD-2-Clause

//! Locked boot chains: firmware that starts only signed images, and signed images below it.

mod flips;
mod parts;

use std::fs;
use std::process::Command;

use anyhow::{Error, Result, ensure};
use kaal_harness::firmwares::{
    Chain, Compression, Firmware, IMAGE, Integrity, Key, Level, Lock, Project, Start,
};
use kaal_harness::image::{Format, make_keys};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::firmware_chains::{follow_sel4, packed_with, sel4_trial};
use crate::image::{Image, payload_offset};
use crate::trial;

/// The start of edk2's lines about disks.
const DISKS: &str = "BdsDxe: ";

/// A change, and the firmware's answer to what results.
type Case = (&'static str, fn(&Locked) -> Result<()>);

/// The cases of both projects.
const CASES: [Case; 6] = [
    ("signed", signed),
    ("unsigned", unsigned),
    ("flipped", flipped),
    ("foreign", foreign),
    ("damaged_before_signing", damaged_before_signing),
    ("random_flips", flips::random),
];

const OF_EDK2: [Case; 1] = [("rolled_back", rolled_back)];

/// Ways past the required key.
const OF_U_BOOT: [Case; 2] = [
    ("legacy_image_is_not_refused", legacy_image),
    ("named_kernel_is_not_refused", named_kernel),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for firmware in Firmware::ALL {
        let own: &[Case] = match firmware.project {
            Project::Edk2 => &OF_EDK2,
            Project::UBoot => &OF_U_BOOT,
        };
        for &(name, test) in CASES.iter().chain(own) {
            let name = format!("locked::{}::{name}", firmware.test_name());
            let (name, is_missing) = needed_by(firmware, &name);
            let test = move |workspace: &Workspace| test(&Locked::new(workspace, firmware)?);
            trials.push(trial(workspace, name, test).with_ignored_flag(is_missing));
        }
        let name = format!("locked::{}::sel4", firmware.test_name());
        let test = move |workspace: &Workspace, kernel: &Kernel| sel4(workspace, kernel, firmware);
        trials.push(sel4_trial(workspace, needed_by(firmware, &name), test));
    }
    trials
}

/// A test's name, and whether to skip it. If the firmware or a program is missing, the name says so.
fn needed_by(firmware: Firmware, name: &str) -> (String, bool) {
    let mut tools = firmware.project.lock_tools().into_iter();
    match tools.find(|tool| tool.find().is_none()) {
        Some(missing) => missing.needed_by(name),
        None => firmware.needed_by(name),
    }
}

/// An unsigned image and a firmware that demands a signature.
struct Locked {
    workspace: Workspace,
    chain: Chain,
    image: Image,
    lock: Lock,
}

impl Locked {
    fn new(workspace: &Workspace, firmware: Firmware) -> Result<Self> {
        let chain = Chain {
            firmware,
            format: firmware.project.locked_format(),
            level: Level::El2,
            compression: Compression::Plain,
            integrity: Integrity::Signed,
        };
        let image = packed_with(workspace, chain, firmware.project.lockable())?;
        let lock = Lock::new(firmware, &image.machine, image.scratch(), &image.path())?;
        Ok(Self {
            workspace: workspace.clone(),
            chain,
            image,
            lock,
        })
    }

    fn sign(&self, key: Key) -> Result<()> {
        self.lock.sign(&self.image.path(), key)
    }

    fn boot(&self, expected: &str) -> Result<String> {
        self.follow(&self.lock.start(&[&self.image.path()])?, expected)
    }

    /// Boots, once more if edk2 hangs before it looks for a disk. It did so twice in some thousand boots, which says
    /// nothing about the image.
    fn follow(&self, start: &Start, expected: &str) -> Result<String> {
        let (options, typed) = (&start.options, &start.typed);
        let boot = || self.image.boot_typed(options, typed, expected);
        let has_looked = |error: &Error| format!("{error:#}").contains(DISKS);
        boot().or_else(|error| match self.chain.firmware.project {
            Project::Edk2 if !has_looked(&error) => boot(),
            _ => Err(error),
        })
    }

    /// Boots the image, which the firmware must refuse.
    fn is_refused(&self) -> Result<()> {
        let console = self.boot(match self.chain.firmware.project {
            Project::Edk2 => "Access Denied",
            Project::UBoot => "can't get kernel image!",
        })?;
        ensure!(!console.contains("KaaL: "), "{console}");
        Ok(())
    }
}

fn signed(locked: &Locked) -> Result<()> {
    locked.sign(Key::Trusted)?;
    locked.boot(PASS)?;
    let mut check = Command::new(locked.workspace.builder());
    check.arg("check").arg(locked.image.path());
    check
        .arg("--trust-key")
        .arg(locked.image.file("key.pub.pem"));
    process::read(&mut check).map(drop)
}

/// seL4 and the root task, signed with KaaL's key and the firmware's.
fn sel4(workspace: &Workspace, kernel: &Kernel, firmware: Firmware) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage");
    let mut inputs = kernel.inputs(workspace, &workspace.root_task());
    inputs.loader = workspace.program(Program::SignedLoader);
    let lockable = firmware.project.lockable().iter();
    inputs.packing = firmware.project.locked_format().packing();
    inputs
        .packing
        .extend(lockable.map(|&option| option.to_owned()));
    inputs.packing.extend(make_keys(workspace, scratch.path())?);
    inputs.pack(workspace, &image)?;
    let lock = Lock::new(firmware, &kernel.machine()?, scratch.path(), &image)?;
    lock.sign(&image, Key::Trusted)?;
    follow_sel4(kernel, lock.start(&[&image])?)
}

fn unsigned(locked: &Locked) -> Result<()> {
    locked.is_refused()
}

fn foreign(locked: &Locked) -> Result<()> {
    locked.sign(Key::Foreign)?;
    locked.is_refused()
}

fn flipped(locked: &Locked) -> Result<()> {
    locked.sign(Key::Trusted)?;
    flip(&locked.image)?;
    locked.is_refused()
}

/// The firmware's key is no use without KaaL's.
fn damaged_before_signing(locked: &Locked) -> Result<()> {
    flip(&locked.image)?;
    locked.sign(Key::Trusted)?;
    locked.boot(" is damaged: ").map(drop)
}

/// A signature never expires: only a list of hashes stops an old image.
fn rolled_back(locked: &Locked) -> Result<()> {
    locked.sign(Key::Trusted)?;
    locked.boot(PASS)?;
    let hash = parts::authenticode(&fs::read(locked.image.path())?)?;
    locked.lock.forbid(Some(hash))?;
    locked.is_refused()
}

/// A required key is for FIT images only.
fn legacy_image(locked: &Locked) -> Result<()> {
    let chain = Chain {
        format: Format::Uimage,
        ..locked.chain
    };
    let image = packed_with(&locked.workspace, chain, &[])?;
    let command = format!("bootm {IMAGE:#x} - $fdtcontroladdr");
    let start = locked.lock.type_commands(&[&image.path()], &[command])?;
    locked.follow(&start, PASS).map(drop)
}

/// A required key is for configurations only.
fn named_kernel(locked: &Locked) -> Result<()> {
    locked.sign(Key::Foreign)?;
    let command = format!("bootm {IMAGE:#x}:kernel-1 - $fdtcontroladdr");
    let start = locked
        .lock
        .type_commands(&[&locked.image.path()], &[command])?;
    locked.follow(&start, PASS).map(drop)
}

fn flip(image: &Image) -> Result<()> {
    image.change(|bytes| {
        let place = payload_offset(bytes)?;
        bytes[place + 0x40] ^= 1;
        Ok(())
    })
}
