// SPDX-License-Identifier: BSD-2-Clause

//! The lists that are used by default.

use kaal_devicetree::DeviceTree;

/// The `compatible` of QEMU's virt machine, a list with one entry.
const VIRT: &[u8] = b"linux,dummy-virt\0";

/// Returns the folder with the lists for a machine, relative to that of the root task's package. The
/// components drive devices of the virt machine only.
pub fn folder_for(tree: &DeviceTree<'_>) -> &'static str {
    let root = tree.find(b"/");
    match root.is_some_and(|root| root.node().is_compatible(VIRT)) {
        true => "",
        false => "board",
    }
}
