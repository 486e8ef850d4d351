// SPDX-License-Identifier: BSD-2-Clause

//! Device trees of QEMU's virt machine that say of its cores what QEMU's own don't.

use anyhow::Result;
use kaal_tests::qemu::Machine;
use vm_fdt::{FdtWriter, FdtWriterResult};

/// A machine with a PL011, a GICv2 or v3 and 1 GiB of RAM, where QEMU's virt machine has them.
pub(crate) struct Tree {
    /// Its cores.
    pub(crate) cores: Vec<Core>,
    /// `method` of `/psci`, if there is one.
    pub(crate) psci: Option<&'static str>,
    /// Whether the interrupt controller is a GICv3.
    pub(crate) is_gicv3: bool,
}

/// A core, and how it is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core {
    /// `reg`
    pub(crate) mpidr: u32,
    /// `cpu-release-addr`; without one, `enable-method` is `psci`.
    pub(crate) release_address: Option<u64>,
}

impl Core {
    /// Cores that PSCI starts.
    pub(crate) fn by_psci(mpidrs: impl IntoIterator<Item = u32>) -> Vec<Self> {
        let core = |mpidr| Self {
            mpidr,
            release_address: None,
        };
        mpidrs.into_iter().map(core).collect()
    }

    /// Cores that look for an address each in a word of its own, from `words` on.
    pub(crate) fn by_spin_table(mpidrs: impl IntoIterator<Item = u32>, words: u64) -> Vec<Self> {
        let core = |mpidr| Self {
            mpidr,
            release_address: Some(words + 8 * u64::from(mpidr)),
        };
        mpidrs.into_iter().map(core).collect()
    }
}

impl Tree {
    /// The tree of `machine` with these cores; without PSCI where QEMU's has none.
    pub(crate) fn of(machine: &Machine, cores: Vec<Core>) -> Self {
        let has = |option| machine.machine.contains(option);
        Self {
            cores,
            psci: match () {
                () if has("secure=on") => None,
                () if has("virtualization=on") => Some("smc"),
                () => Some("hvc"),
            },
            is_gicv3: has("gic-version=3"),
        }
    }

    /// The flattened device tree.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut fdt = FdtWriter::new()?;
        node(&mut fdt, "", |fdt| {
            fdt.property_u32("#address-cells", 2)?;
            fdt.property_u32("#size-cells", 2)?;
            node(fdt, "chosen", |fdt| {
                fdt.property_string("stdout-path", "/pl011@9000000")
            })?;
            node(fdt, "memory@40000000", |fdt| {
                fdt.property_string("device_type", "memory")?;
                fdt.property_array_u64("reg", &[0x4000_0000, 0x4000_0000])
            })?;
            node(fdt, "pl011@9000000", |fdt| {
                fdt.property_string("compatible", "arm,pl011")?;
                fdt.property_array_u64("reg", &[0x900_0000, 0x1000])
            })?;
            node(fdt, "intc@8000000", |fdt| {
                let (compatible, cores) = match self.is_gicv3 {
                    true => ("arm,gic-v3", 0x80a_0000),
                    false => ("arm,cortex-a15-gic", 0x801_0000),
                };
                fdt.property_string("compatible", compatible)?;
                fdt.property_array_u64("reg", &[0x800_0000, 0x1_0000, cores, 0x1_0000])
            })?;
            if let Some(method) = self.psci {
                node(fdt, "psci", |fdt| {
                    fdt.property_string("compatible", "arm,psci-1.0")?;
                    fdt.property_string("method", method)
                })?;
            }
            node(fdt, "cpus", |fdt| {
                fdt.property_u32("#address-cells", 1)?;
                fdt.property_u32("#size-cells", 0)?;
                let mut cores = self.cores.iter().enumerate();
                cores.try_for_each(|(index, core)| core.write(fdt, index))
            })
        })?;
        Ok(fdt.finish()?)
    }
}

impl Core {
    fn write(&self, fdt: &mut FdtWriter, index: usize) -> FdtWriterResult<()> {
        node(fdt, &format!("cpu@{index}"), |fdt| {
            fdt.property_string("device_type", "cpu")?;
            fdt.property_u32("reg", self.mpidr)?;
            match self.release_address {
                None => fdt.property_string("enable-method", "psci"),
                Some(address) => {
                    fdt.property_string("enable-method", "spin-table")?;
                    fdt.property_u64("cpu-release-addr", address)
                }
            }
        })
    }
}

/// Writes a node with its content.
fn node(
    fdt: &mut FdtWriter,
    name: &str,
    content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>,
) -> FdtWriterResult<()> {
    let node = fdt.begin_node(name)?;
    content(fdt)?;
    fdt.end_node(node)
}
