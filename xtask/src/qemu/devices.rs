// SPDX-License-Identifier: BSD-2-Clause

//! The network and the disk of a system on QEMU's virt machine.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use fs_err as fs;
use kaal_devicetree::DeviceTree;
use kaal_harness::disk;
use kaal_harness::qemu::{Announcement, Devices, Watch, free_port};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use kaal_manifest::List;

use super::Options;

/// The ports for the page, of which the first free one is chosen.
const PORTS: RangeInclusive<u16> = 8080..=8099;

/// The folder of the checkout whose files are on the disk.
const FILES: &str = "docs";

#[derive(Args)]
pub(crate) struct DeviceOptions {
    /// TCP port of this machine for the system's page [default: 8080, or the next one that is free]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    http_port: Option<u16>,
    /// Folder with the files of the system's disk [default: docs]
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// The Unix socket for programs that replace those of components, in development.
    #[arg(skip)]
    pub(crate) line: Option<PathBuf>,
}

impl DeviceOptions {
    /// Checks that the port is free, and that a disk can hold the folder.
    pub(super) fn check(&self) -> Result<()> {
        self.port()?;
        let folder = self.files.as_deref();
        folder.map_or(Ok(()), |folder| {
            disk::check(folder).with_context(|| format!("--files {}", folder.display()))
        })
    }

    /// Checks that components of `list` drive the devices that the options are about.
    pub(super) fn check_list(&self, list: &List, kernel: &Kernel) -> Result<()> {
        let [network, disk, _] = drivers(list, kernel)?;
        for (option, is_given, device, driver, address) in [
            (
                "--http-port",
                self.http_port.is_some(),
                "network",
                network,
                Devices::NETWORK,
            ),
            ("--files", self.files.is_some(), "disk", disk, Devices::DISK),
        ] {
            ensure!(
                driver || !is_given,
                "{option}: a driver of the {device} expected, found none in the list of components: add                  \"/virtio_mmio@{address:x}\" to the `devices` of one, or leave out {option}"
            );
        }
        Ok(())
    }

    /// The devices that the user asked for, for a root task whose components are not known.
    pub(super) fn given(&self, scratch: &Path) -> Result<Devices> {
        let files = self.files.as_deref();
        Ok(Devices {
            http: self.http_port,
            disk: files.map(|files| make_disk(files, scratch)).transpose()?,
            line: None,
        })
    }

    /// The port for the page: the chosen one, which must be free, or else one that is.
    fn port(&self) -> Result<u16> {
        match self.http_port {
            Some(port) => free_port(port).with_context(|| {
                format!("--http-port {port}: choose another one, or leave it out")
            }),
            None => {
                let mut free = PORTS.filter(|port| free_port(*port).is_ok());
                free.next().with_context(|| {
                    let (first, last) = (PORTS.start(), PORTS.end());
                    format!(
                        "ports {first} to {last} are taken: choose another one with --http-port"
                    )
                })
            }
        }
    }
}

impl Options {
    /// The devices that components of KaaL's root task drive. New files are in `scratch`.
    pub(super) fn listed_devices(
        &self,
        workspace: &Workspace,
        kernel: &Kernel,
        scratch: &Path,
    ) -> Result<Devices> {
        let list = self.selection.read(workspace, kernel)?;
        let [network, disk, line] = drivers(&list, kernel)?;
        let files = self.devices.files.clone();
        let files = files.unwrap_or_else(|| workspace.root().join(FILES));
        Ok(Devices {
            http: network.then(|| self.devices.port()).transpose()?,
            disk: disk.then(|| make_disk(&files, scratch)).transpose()?,
            line: self.devices.line.clone().filter(|_| line),
        })
    }
}

/// Shows the address of the system's page, if it has one, as soon as the root task has started all components.
pub(super) fn with_page(watch: Watch, devices: &Devices) -> Watch {
    let page = devices.page();
    Watch {
        announcement: page.map(|line| Announcement { after: READY, line }),
        ..watch
    }
}

/// Whether components of `list` drive the network, the disk, and the line for programs.
fn drivers(list: &List, kernel: &Kernel) -> Result<[bool; 3]> {
    let blob = fs::read(kernel.device_tree())?;
    let tree = DeviceTree::parse(&blob).context("failed to read the kernel's device tree")?;
    let is_virt = kernel.board()?.is_virt();
    let addresses = [Devices::NETWORK, Devices::DISK, Devices::LINE];
    Ok(addresses.map(|address| is_virt && list.has_device(&tree, address)))
}

/// Makes a disk with the files of `folder`.
fn make_disk(folder: &Path, scratch: &Path) -> Result<PathBuf> {
    let file = scratch.join("disk.img");
    disk::write(folder, &file).with_context(|| format!("--files {}", folder.display()))?;
    Ok(file)
}
