// SPDX-License-Identifier: BSD-2-Clause

//! Provides Debian's firmwares for QEMU's virt machine, of several releases: some 4 MB and 8 MB.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use fs_err as fs;
use kaal_harness::firmwares::{Debian, Firmware, Project};
use kaal_harness::workspace::Workspace;

use super::apt::{self, Apt};

/// Unpacks the packages of each release in Cargo's output folder, or prints that their tests are skipped.
pub(crate) fn firmwares_for_tests(workspace: &Workspace) {
    for debian in Debian::ALL {
        let mut firmwares = Firmware::ALL.into_iter();
        if firmwares.all(|firmware| firmware.debian != debian || firmware.root().is_some()) {
            continue;
        }
        if let Err(error) = provide(&debian.folder(workspace), debian) {
            let suite = debian.suite();
            eprintln!("firmwares of Debian {suite}: {error:#}; tests that need them are skipped");
        }
    }
}

/// Finds the newest firmware of a project, or unpacks it.
pub(crate) fn firmware(workspace: &Workspace, project: Project) -> Result<Firmware> {
    let newest_first = Debian::ALL.into_iter().rev();
    let firmwares = newest_first.map(|debian| Firmware::of(project, debian));
    if let Some(found) = firmwares.clone().find(|firmware| firmware.root().is_some()) {
        return Ok(found);
    }
    let mut tried = String::new();
    for firmware in firmwares {
        let folder = firmware.debian.folder(workspace);
        eprintln!(
            "{}: not found, unpacking {} in {}; nothing is installed",
            firmware.name(),
            project.package(),
            folder.display()
        );
        match provide(&folder, firmware.debian) {
            Ok(()) => return Ok(firmware),
            Err(error) => tried += &format!("\n  {}: {error:#}", firmware.name()),
        }
    }
    bail!(
        "no mirror has Debian's package {}:{tried}",
        project.package()
    )
}

fn provide(folder: &Path, debian: Debian) -> Result<()> {
    ensure!(
        Apt::is_there(),
        "this machine has no apt-get and dpkg-deb to get them"
    );
    let firmwares = Firmware::ALL.into_iter();
    let firmwares = firmwares.filter(|firmware| firmware.debian == debian);
    let packages: Vec<String> = firmwares
        .map(|firmware| firmware.project.package().to_owned())
        .collect();
    let parent = folder.with_file_name("");
    fs::create_dir_all(&parent)?;
    let scratch = tempfile::tempdir_in(&parent)?;
    let mut tried = String::new();
    for mirror in apt::mirrors()? {
        let whole = scratch.path().join("whole");
        let lists = scratch.path().join("apt");
        let unpacked = Apt::of_suite(&mirror, debian.suite(), &lists)
            .and_then(|apt| apt.unpack(&packages, &whole));
        match unpacked {
            Ok(()) => return Ok(fs::rename(whole, folder)?),
            Err(error) => tried += &format!("\n    {mirror}: {error:#}"),
        }
    }
    bail!("no mirror of this machine has them:{tried}")
}
