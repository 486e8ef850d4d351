// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask qemu --firmware`, as a user types it.

use anyhow::{Context, Result, ensure};
use kaal_harness::firmwares::{Debian, Firmware, Flash, IMAGE, Project, u_boot_environment};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::End;
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::tools::{OPENSSL, SBSIGN};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::command::{folder, lock_log, said, xtask};
use crate::image::Image;
use crate::sel4::{is_for_board, kernel_trial};
use crate::{says, trial};

/// The exit status of a failed boot.
const FAILED: i32 = 3;

const EDK2: Firmware = Firmware::of(Project::Edk2, Debian::Trixie);
const U_BOOT: Firmware = Firmware::of(Project::UBoot, Debian::Trixie);

/// The options that let edk2 verify images.
const LOCKED: [&str; 2] = ["edk2", "--secure-boot"];

/// Boots that succeed: the name of the test, its firmware, and options.
const BOOTS: [(&str, Firmware, &[&str]); 4] = [
    ("edk2", EDK2, &["edk2"]),
    ("secure_boot", EDK2, &LOCKED),
    ("u_boot", U_BOOT, &["u-boot"]),
    (
        "u_boot_efi",
        U_BOOT,
        &["u-boot", "--format", "efi", "--hyp"],
    ),
];

/// edk2 of Debian 13 that is built without Secure Boot.
const UNLOCKED: &str = "usr/share/AAVMF/AAVMF_CODE.no-secboot.fd";

/// The last line of the root task's start.
const READY: &str = "KAAL_SYSTEM_READY";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, firmware, options) in BOOTS {
        trials.push(skippable(workspace, name, firmware, move |workspace| {
            boots(workspace, options)
        }));
    }
    trials.push(skippable(workspace, "gives_up", U_BOOT, gives_up));
    trials.push(skippable(workspace, "needs_memory", U_BOOT, needs_memory));
    trials.push(skippable(workspace, "unsigned", EDK2, unsigned));
    trials.push(skippable(workspace, "unlocked", EDK2, unlocked));
    for (name, firmware, options) in [
        ("sel4_u_boot", U_BOOT, &["u-boot"][..]),
        ("sel4_secure_boot", EDK2, &LOCKED),
    ] {
        let (name, is_missing) = needs(name, firmware);
        let trial = kernel_trial(workspace, &name, |workspace, kernel| {
            boots_sel4(workspace, kernel, options)
        });
        let is_ignored = trial.has_ignored_flag() || is_missing || is_for_board();
        trials.push(trial.with_ignored_flag(is_ignored));
    }
    trials
}

/// The name of a test, and whether to skip it because a program is missing.
fn needs(name: &str, firmware: Firmware) -> (String, bool) {
    let name = format!("firmware_command::{name}");
    match firmware == EDK2 && (OPENSSL.find().is_none() || SBSIGN.find().is_none()) {
        true => (format!("{name} (needs openssl and sbsign)"), true),
        false => firmware.needed_by(&name),
    }
}

fn skippable(
    workspace: &Workspace,
    name: &str,
    firmware: Firmware,
    test: impl FnOnce(&Workspace) -> Result<()> + Send + 'static,
) -> Trial {
    let (name, is_missing) = needs(name, firmware);
    trial(workspace, name, test).with_ignored_flag(is_missing)
}

/// The words of `cargo xtask qemu --firmware` with these options.
fn words<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&["qemu", "--firmware"], options].concat()
}

fn boots(workspace: &Workspace, options: &[&str]) -> Result<()> {
    let folder = folder(workspace)?;
    let booted = said(&mut xtask(workspace, folder.path(), &words(options)), 0)?;
    says(&booted, PASS)
}

fn boots_sel4(workspace: &Workspace, kernel: &Kernel, options: &[&str]) -> Result<()> {
    let folder = folder(workspace)?;
    let words = [&words(options)[..], &["--expect", READY]].concat();
    let mut boot = xtask(workspace, folder.path(), &words);
    said(boot.env(PREFIX, kernel.prefix()), 0).map(drop)
}

/// Behind the end of RAM, U-Boot would find no image.
fn needs_memory(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    let words = words(&["u-boot", "--memory", "128M"]);
    let refused = said(&mut xtask(workspace, folder.path(), &words), 1)?;
    says(
        &refused,
        "error: --firmware u-boot: at least 289M of memory expected, 128M found",
    )
}

/// The machine powers off if U-Boot's command fails, here because there is no image.
fn gives_up(workspace: &Workspace) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    image.pack(workspace)?;
    let variables = u_boot_environment(&format!("bootm {IMAGE:#x}"));
    let flash = Flash::Variables.write(&variables, &image.file("variables"))?;
    let firmware = U_BOOT.file(U_BOOT.project.file())?.display().to_string();
    let options = [&["-bios".to_owned(), firmware][..], &flash].concat();
    let report = image.run_to_the_end(&options)?;
    says(&report.console, "Wrong Image")?;
    ensure!(matches!(report.end, End::Exited(_)), "{:?}", report.end);
    Ok(())
}

/// The boot ends as soon as edk2 refuses the image, which isn't signed with its key.
fn unsigned(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--format", "efi"];
    image.pack(workspace)?;
    let file = image.path();
    let file = file.to_str().context("a path in UTF-8")?;
    let folder = folder(workspace)?;
    let _lock = lock_log();
    // QEMU takes the last of several `-kernel`.
    let words = words(&["edk2", "--secure-boot", "--", "-kernel", file]);
    said(&mut xtask(workspace, folder.path(), &words), FAILED).map(drop)
}

/// A firmware that would boot any image is no success.
fn unlocked(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    let mut boot = xtask(workspace, folder.path(), &words(&LOCKED));
    let refused = said(boot.env("EDK2", EDK2.file(UNLOCKED)?), 1)?;
    says(
        &refused,
        "error: --secure-boot: the firmware of EDK2 doesn't verify images",
    )
}
