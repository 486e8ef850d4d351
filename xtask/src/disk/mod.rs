// SPDX-License-Identifier: BSD-2-Clause

//! Makes a disk that UEFI firmware boots: a USB stick or an SD card.

mod volume;

use std::fs::Permissions;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use fs_err as fs;
use kaal_harness::image;
use kaal_harness::workspace::Workspace;

use crate::build;

/// The permissions of the file, before the user's umask.
const PERMISSIONS: u32 = 0o666;

#[derive(Args)]
pub(crate) struct Options {
    /// Image for UEFI firmware, made with `--format efi`
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// File for the disk, which must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Size of the disk in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    size: u32,
}

/// Checks the image, and writes the disk.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let Options { image, out, size } = options;
    check_output(out)?;
    build::builder(workspace)?;
    check_image(workspace, image).with_context(|| format!("--image {}", image.display()))?;
    let image = fs::read(image)?;
    let smallest = volume::smallest_disk(image.len());
    ensure!(
        u64::from(*size) >= smallest,
        "--size {size}: at least {smallest} MiB expected, for FAT32 and an image of {} bytes",
        image.len()
    );
    write(out, *size, &image).with_context(|| format!("--out {}", out.display()))?;
    println!(
        "wrote {out}: {size} MiB, with {path}; next: sudo dd if={out} of=/dev/sdX bs=1M conv=fsync",
        out = out.display(),
        path = volume::PATH.join("/"),
    );
    Ok(())
}

/// Checks that nothing is in the way of a new file at `out`.
fn check_output(out: &Path) -> Result<()> {
    let Ok(found) = fs::metadata(out) else {
        return Ok(());
    };
    let shown = out.display();
    let kind = found.file_type();
    if kind.is_block_device() || kind.is_char_device() {
        bail!(
            "--out {shown}: a file expected, found a device: write a file, and copy it with `sudo dd if=FILE of={shown} \
             bs=1M conv=fsync`, which erases the device"
        );
    }
    bail!("--out {shown}: exists: remove it, or choose another name")
}

/// Checks that `file` is an undamaged image for UEFI.
fn check_image(workspace: &Workspace, file: &Path) -> Result<()> {
    let report = image::inspect(workspace, file)?;
    let format = report["format"].as_str().unwrap_or("none");
    ensure!(
        format == "efi",
        "format efi expected, found {format}: make the image with `--format efi --efi-stub target/kaal/efi-stub.elf`"
    );
    let mut check = Command::new(workspace.builder());
    image::run_builder(check.arg("check").arg(file)).map(drop)
}

/// Writes a disk of `size` MiB with `image` to a new file. If that fails, no file is left.
fn write(out: &Path, size: u32, image: &[u8]) -> Result<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut disk = tempfile::Builder::new()
        .permissions(Permissions::from_mode(PERMISSIONS))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    disk.as_file().set_len(u64::from(size) * volume::MIB)?;
    volume::write(disk.as_file_mut(), image)?;
    disk.as_file().sync_all()?;
    // Another program may have made the file in the meantime.
    disk.persist_noclobber(out)?;
    Ok(())
}
