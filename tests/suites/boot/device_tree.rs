// SPDX-License-Identifier: BSD-2-Clause

//! Changes device trees.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use dtoolkit::Node;
use dtoolkit::fdt::Fdt;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};

/// Changes the device tree in `file`.
pub(crate) fn edit(file: &Path, change: impl FnOnce(&mut DeviceTree) -> Result<()>) -> Result<()> {
    let blob = fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let mut tree = DeviceTree::from_fdt(&Fdt::new(&blob)?);
    change(&mut tree)?;
    Ok(fs::write(file, tree.to_dtb())?)
}

/// Removes all memory nodes.
pub(crate) fn remove_ram(tree: &mut DeviceTree) -> Result<()> {
    let names = tree.root.children().map(|node| node.name().to_owned());
    let memory: Vec<_> = names.filter(|name| name.starts_with("memory@")).collect();
    ensure!(!memory.is_empty(), "the device tree has no memory node");
    for name in memory {
        tree.root.remove_child(&name);
    }
    Ok(())
}

/// Replaces RAM by banks with these starts and sizes, each with its own node.
pub(crate) fn set_ram(tree: &mut DeviceTree, banks: &[(u64, u64)]) -> Result<()> {
    remove_ram(tree)?;
    for &(start, size) in banks {
        tree.root.add_child(bank(start, reg(start, size))?);
    }
    Ok(())
}

/// A memory node with the given `reg`.
pub(crate) fn bank(start: u64, reg: Vec<u32>) -> Result<DeviceTreeNode> {
    let mut bank = DeviceTreeNode::new(format!("memory@{start:x}"))?;
    bank.add_property(DeviceTreeProperty::new("device_type", "memory")?);
    bank.add_property(DeviceTreeProperty::new("reg", reg)?);
    Ok(bank)
}

/// Adds reserved memory, with or without the flag `no-map`.
pub(crate) fn reserve(tree: &mut DeviceTree, start: u64, size: u64, no_map: bool) -> Result<()> {
    const PARENT: &str = "reserved-memory";

    if tree.root.child(PARENT).is_none() {
        let mut parent = DeviceTreeNode::new(PARENT)?;
        for name in ["#address-cells", "#size-cells"] {
            parent.add_property(DeviceTreeProperty::new(name, 2u32)?);
        }
        parent.add_property(DeviceTreeProperty::new("ranges", [0u8; 0])?);
        tree.root.add_child(parent);
    }
    let mut memory = DeviceTreeNode::new(format!("buffer@{start:x}"))?;
    memory.add_property(DeviceTreeProperty::new("reg", reg(start, size))?);
    if no_map {
        memory.add_property(DeviceTreeProperty::new("no-map", [0u8; 0])?);
    }
    let parent = tree.root.child_mut(PARENT);
    parent.context("no reserved memory")?.add_child(memory);
    Ok(())
}

/// A way to start a core.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    /// The firmware starts it.
    Psci,
    /// Each core polls its own word behind this address: the one with the index of its `reg`.
    SpinTable(u64),
}

/// Replaces the cores by those with the `reg` `mpidrs`, all started by `method`.
pub(crate) fn set_cores(tree: &mut DeviceTree, mpidrs: &[u32], method: Method) -> Result<()> {
    let mut cpus = DeviceTreeNode::new("cpus")?;
    cpus.add_property(DeviceTreeProperty::new("#address-cells", 1u32)?);
    cpus.add_property(DeviceTreeProperty::new("#size-cells", 0u32)?);
    for (index, &mpidr) in mpidrs.iter().enumerate() {
        let mut cpu = DeviceTreeNode::new(format!("cpu@{index}"))?;
        cpu.add_property(DeviceTreeProperty::new("device_type", "cpu")?);
        cpu.add_property(DeviceTreeProperty::new("reg", mpidr)?);
        let name = match method {
            Method::Psci => "psci",
            Method::SpinTable(words) => {
                let word = words + 8 * u64::from(mpidr);
                cpu.add_property(DeviceTreeProperty::new("cpu-release-addr", word)?);
                // It waits to be started (Devicetree Specification v0.4, section 3.8.1).
                cpu.add_property(DeviceTreeProperty::new("status", "disabled")?);
                "spin-table"
            }
        };
        cpu.add_property(DeviceTreeProperty::new("enable-method", name)?);
        cpus.add_child(cpu);
    }
    let old = tree.root.remove_child("cpus");
    old.context("the device tree has no cpus")?;
    tree.root.add_child(cpus);
    Ok(())
}

/// Makes `method` the way to call PSCI, or removes PSCI.
pub(crate) fn set_psci(tree: &mut DeviceTree, method: Option<&str>) -> Result<()> {
    let psci = tree.root.remove_child("psci");
    let mut psci = psci.context("the device tree has no psci")?;
    if let Some(method) = method {
        psci.add_property(DeviceTreeProperty::new("method", method)?);
        tree.root.add_child(psci);
    }
    Ok(())
}

/// A `reg` of two cells each for address and size.
fn reg(start: u64, size: u64) -> Vec<u32> {
    let words = [start, size].into_iter();
    words
        .flat_map(|word| [(word >> 32) as u32, word as u32])
        .collect()
}
