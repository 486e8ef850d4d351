// SPDX-License-Identifier: BSD-2-Clause

//! Systems with a network and a disk.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::Result;
use kaal_harness::disk;
use kaal_harness::qemu::{Devices, free_port};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::command::{folder, said, xtask};
use crate::root_task::PROMPT;
use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // Boards have other devices.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(
            workspace,
            "command::system_gets_its_devices",
            devices,
        )],
    }
}

/// A network at a free port, and a disk with the documentation, for a system with `kernel`. New files are in `scratch`.
pub(crate) fn of(workspace: &Workspace, kernel: &Kernel, scratch: &Path) -> Result<Devices> {
    if !kernel.board()?.is_virt() {
        return Ok(Devices::default());
    }
    let file = scratch.join("disk.img");
    disk::write(&workspace.root().join("docs"), &file)?;
    Ok(Devices {
        http: Some(free_port(0)?),
        disk: Some(file),
        line: None,
    })
}

/// `cargo xtask qemu` gives the machine network and disk if components drive them, and shows the address of the page.
fn devices(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let folder = folder(workspace)?;
    let boot = |options: &[&str], status| {
        let options = [&["qemu", "--expect", PROMPT], options].concat();
        let mut boot = xtask(workspace, folder.path(), &options);
        said(boot.env(PREFIX, kernel.prefix()), status)
    };
    let only = ["--only", "hello"];
    for (options, error) in [
        (["--files", "none"], "--files none: a folder expected"),
        (["--files", "."], "--files: a driver of the disk expected"),
        (["--http-port", "1"], "--http-port"),
    ] {
        let refused = boot(&[only, options].concat(), 1)?;
        says(&refused, &format!("error: {error}"))?;
    }
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = taken.local_addr()?.port().to_string();
    let refused = boot(&["--http-port", &port], 1)?;
    let error = format!("error: --http-port {port}: choose another one, or leave it out: ");
    says(&refused, &error)?;

    let port = free_port(0)?.to_string();
    let booted = boot(&["--http-port", &port, "--files", "."], 0)?;
    let shown = format!("KAAL_SYSTEM_READY\r\nhttp://localhost:{port}/\r\n");
    says(&booted, &shown)
}
