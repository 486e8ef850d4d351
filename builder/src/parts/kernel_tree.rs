// SPDX-License-Identifier: BSD-2-Clause

//! The memory for the device tree that the kernel gets.

use kaal_payload::PAGE_SIZE;

use super::Parts;
use super::device_tree::DeviceTree;
use crate::options::KernelDtb;

/// Least bytes for the kernel's device tree if the firmware may bring another.
const FIRMWARE_TREE_CAPACITY: u64 = 64 << 10;

impl<'a> Parts<'a> {
    /// The device tree to embed.
    pub(crate) fn embedded_tree(&self) -> Option<&DeviceTree<'a>> {
        let tree = self.device_tree.as_ref();
        tree.filter(|_| self.kernel_dtb != KernelDtb::None)
    }

    /// Size in bytes of the embedded device tree; 0 if there is none.
    pub(crate) fn tree_size(&self) -> u64 {
        self.embedded_tree().map_or(0, |tree| tree.size)
    }

    /// Bytes of memory for the kernel's device tree. The firmware's needs as much again: if it already lies there, the
    /// loader moves it aside before it writes its own copy.
    pub(crate) fn tree_capacity(&self) -> u64 {
        let size = self.tree_size();
        match self.kernel_dtb {
            KernelDtb::Firmware => (2 * size)
                .max(FIRMWARE_TREE_CAPACITY)
                .next_multiple_of(PAGE_SIZE),
            KernelDtb::Embedded | KernelDtb::None => size,
        }
    }
}
