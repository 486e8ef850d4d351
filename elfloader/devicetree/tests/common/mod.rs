// SPDX-License-Identifier: BSD-2-Clause

//! Writes device trees.

use kaal_devicetree::{DeviceTree, Facts, MemoryKind};
use kaal_payload::{PhysAddr, PhysRange};
use vm_fdt::{FdtWriter, FdtWriterResult};

/// A tree whose root has two cells for addresses and sizes.
pub(crate) fn tree(content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>) -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    write_root(&mut fdt, content);
    fdt.finish().unwrap()
}

/// Writes the root of such a tree.
pub(crate) fn write_root(
    fdt: &mut FdtWriter,
    content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>,
) {
    let root = fdt.begin_node("").unwrap();
    fdt.property_u32("#address-cells", 2).unwrap();
    fdt.property_u32("#size-cells", 2).unwrap();
    content(fdt).unwrap();
    fdt.end_node(root).unwrap();
}

/// Writes a node with its properties.
pub(crate) fn node(
    fdt: &mut FdtWriter,
    name: &str,
    content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>,
) -> FdtWriterResult<()> {
    let node = fdt.begin_node(name)?;
    content(fdt)?;
    fdt.end_node(node)
}

pub(crate) fn memory(fdt: &mut FdtWriter, name: &str, reg: &[u64]) -> FdtWriterResult<()> {
    node(fdt, name, |fdt| {
        fdt.property_string("device_type", "memory")?;
        fdt.property_array_u64("reg", reg)
    })
}

pub(crate) fn range(start: u64, size: u64) -> PhysRange {
    PhysRange::from_size(PhysAddr(start), size).unwrap()
}

/// The banks of RAM.
pub(crate) fn ram(tree: &DeviceTree<'_>) -> Vec<PhysRange> {
    let facts = Facts::of(tree).unwrap();
    facts.memory_of(MemoryKind::Ram).collect()
}
