// SPDX-License-Identifier: BSD-2-Clause

//! The devices of systems with a network and a disk.

use std::path::Path;

use anyhow::Result;
use kaal_harness::disk;
use kaal_harness::qemu::{Devices, free_port};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

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
    })
}
