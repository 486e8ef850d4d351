// SPDX-License-Identifier: BSD-2-Clause

//! Provides the device trees of real boards that are in Debian's U-Boots for AArch64, some 7 MB. Debian's kernel has
//! many more, but takes 100 MB.

use std::path::Path;

use anyhow::{Result, ensure};
use fs_err as fs;
use kaal_harness::workspace::Workspace;

use super::apt::Apt;

const PACKAGES: [&str; 8] = [
    "u-boot-amlogic",
    "u-boot-mvebu",
    "u-boot-qcom",
    "u-boot-qemu",
    "u-boot-rockchip",
    "u-boot-rpi",
    "u-boot-sunxi",
    "u-boot-tegra",
];

/// Unpacks the packages in Cargo's output folder, or prints that their test is skipped.
pub(crate) fn u_boots_for_tests(workspace: &Workspace) {
    if let Err(error) = provide(&workspace.tools(), &workspace.u_boots()) {
        eprintln!("U-Boots of Debian: {error:#}\nThe test of their device trees is skipped");
    }
}

fn provide(tools: &Path, folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    ensure!(
        Apt::is_there(),
        "this machine has no apt-get and dpkg-deb to get them"
    );
    fs::create_dir_all(tools)?;
    let scratch = tempfile::tempdir_in(tools)?;
    let apt = Apt::of_architecture(&scratch.path().join("apt"), "arm64")?;
    let whole = scratch.path().join("whole");
    apt.unpack(&PACKAGES.map(str::to_owned), &whole)?;
    Ok(fs::rename(whole, folder)?)
}
