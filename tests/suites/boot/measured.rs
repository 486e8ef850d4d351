// SPDX-License-Identifier: BSD-2-Clause

//! Images for UEFI on a machine with a TPM, which swtpm emulates. It logs each command that the TPM gets.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kaal_harness::firmwares::{Debian, Firmware, Project};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::tools::SWTPM;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::firmware_chains::firmware_trial;
use crate::image::Image;
use crate::says;

const FIRMWARE: Firmware = Firmware::of(Project::Edk2, Debian::Bookworm);

/// The time that swtpm has to start.
const LIMIT: Duration = Duration::from_secs(10);

/// `TPM_ALG_SHA256`, before a digest of 32 bytes.
const SHA256: [u8; 2] = [0x00, 0x0b];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let (name, is_missing) = SWTPM.needed_by("measured::pcr_11");
    let trial = firmware_trial(workspace, FIRMWARE, &name, pcr);
    let is_skipped = is_missing || trial.has_ignored_flag();
    vec![trial.with_ignored_flag(is_skipped)]
}

/// The TPM gets the measurement that the kernel finds in `/chosen`, so that PCR 11 is what `inspect` says.
fn pcr(workspace: &Workspace) -> Result<()> {
    let mut image = Image::on(workspace, Program::Probe, "virt")?;
    image.flags = vec!["--format", "efi", "--compress", "lz4"];
    // edk2 changes QEMU's device tree, so the probe can't know its checksum.
    fs::copy(workspace.program(Program::Probe), &image.inputs.kernel)?;
    let mut pack = image.inputs.command(workspace, &image.path());
    process::read(pack.args(&image.flags))?;
    let mut inspect = Command::new(workspace.builder());
    let inspected = process::read(inspect.arg("inspect").arg(image.path()).arg("--json"))?;
    let inspected: Value = serde_json::from_str(&inspected)?;
    let measurement = inspected["payload"]["measurement"].as_str();
    let measurement = measurement.context("no measurement")?;

    let tpm = Tpm::start(&image)?;
    let firmware = FIRMWARE.file(FIRMWARE.project.file())?;
    let socket = format!("socket,id=tpm,path={}", tpm.socket.display());
    let options = [
        "-bios",
        &firmware.display().to_string(),
        "-chardev",
        &socket,
        "-tpmdev",
        "emulator,id=tpm,chardev=tpm",
        "-device",
        "tpm-tis-device,tpmdev=tpm",
    ];
    let console = image.boot_with(&options.map(str::to_owned), PASS)?;
    says(
        &console,
        &format!("probe: kaal,measurement is {measurement}"),
    )?;
    let extensions = tpm.extensions(11)?;
    let [digest] = extensions.as_slice() else {
        anyhow::bail!("one extension of PCR 11 expected, found {extensions:x?}");
    };
    let expected = Sha256::digest(bytes(measurement));
    ensure!(*digest == expected[..], "{digest:x?}");
    let pcr = Sha256::digest([&[0; 32], &digest[..]].concat());
    let inspected = inspected["pcr11"].as_str();
    ensure!(inspected == Some(&hexadecimal(&pcr)), "{inspected:?}");
    Ok(())
}

/// The bytes that `text` has the hexadecimal digits of.
fn bytes(text: &str) -> Vec<u8> {
    let digits = |place| text.get(place..place + 2);
    let pairs = (0..text.len()).step_by(2).filter_map(digits);
    pairs
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A TPM that ends with QEMU, or with this value.
struct Tpm {
    process: Child,
    socket: PathBuf,
    log: PathBuf,
}

impl Tpm {
    /// Starts a new TPM with its files beside those of `image`.
    fn start(image: &Image) -> Result<Self> {
        let [state, socket, log] = ["tpm", "tpm/socket", "tpm.log"].map(|name| image.file(name));
        fs::create_dir(&state)?;
        let mut command = Command::new(SWTPM.find().context("no swtpm")?);
        command.args(["socket", "--tpm2", "--flags", "startup-clear"]);
        command
            .arg("--tpmstate")
            .arg(format!("dir={}", state.display()));
        command
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}", socket.display()));
        command
            .arg("--log")
            .arg(format!("level=20,file={}", log.display()));
        let process = command.spawn().context("failed to start swtpm")?;
        let tpm = Self {
            process,
            socket,
            log,
        };
        let started = Instant::now();
        while !tpm.socket.exists() {
            ensure!(started.elapsed() < LIMIT, "swtpm doesn't listen");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(tpm)
    }

    /// The SHA-256 digests that the register `pcr` was extended with (TPM 2.0 Library, part 3, `TPM2_PCR_Extend`).
    fn extensions(&self, pcr: u8) -> Result<Vec<Vec<u8>>> {
        let extend = [0, 0, 1, 0x82, 0, 0, 0, pcr];
        let log = fs::read_to_string(&self.log)?;
        // Words precede the bytes of each command and answer.
        let messages = log.split(|letter: char| letter.is_lowercase());
        let digests = messages.filter_map(|message| {
            let message = message.split_whitespace();
            let message = message.filter_map(|byte| u8::from_str_radix(byte, 16).ok());
            let message: Vec<_> = message.collect();
            let place = |bytes: &[u8], part: &[u8]| {
                let mut windows = bytes.windows(part.len());
                Some(windows.position(|window| window == part)? + part.len())
            };
            let rest = message.get(place(&message, &extend)?..)?;
            Some(rest.get(place(rest, &SHA256)?..)?.get(..32)?.to_vec())
        });
        Ok(digests.collect())
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        // Both can fail only if swtpm has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
