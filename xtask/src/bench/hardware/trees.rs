// SPDX-License-Identifier: BSD-2-Clause

//! Makes a device tree as large as those of large boards.

use anyhow::Result;
use dtoolkit::fdt::Fdt;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

/// The least size of the tree.
const SIZE: usize = 70_000;

/// Adds devices to `tree` until it is large.
pub(super) fn large(tree: &[u8]) -> Result<Vec<u8>> {
    let mut tree = DeviceTree::from_fdt(&Fdt::new(tree)?);
    let mut blob = tree.to_dtb();
    for number in 0u32.. {
        if blob.len() >= SIZE {
            break;
        }
        tree.root.add_child(device(number)?);
        blob = tree.to_dtb();
    }
    Ok(blob)
}

/// A device like those of boards: four properties, some 140 bytes.
fn device(number: u32) -> Result<DeviceTreeNode> {
    let address = 0xf000_0000 | number << 12;
    let mut node = DeviceTreeNode::new(format!("device@{address:x}"))?;
    node.add_property(DeviceTreeProperty::new("compatible", "vendor,device-1.0")?);
    node.add_property(DeviceTreeProperty::new("reg", vec![0, address, 0, 0x1000])?);
    node.add_property(DeviceTreeProperty::new("interrupts", vec![0, number, 4])?);
    node.add_property(DeviceTreeProperty::new("status", "disabled")?);
    Ok(node)
}
