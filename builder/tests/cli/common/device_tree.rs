// SPDX-License-Identifier: BSD-2-Clause

//! Tiny device trees.

use vm_fdt::{FdtReserveEntry, FdtWriter, FdtWriterResult};

/// Where the machine's console is.
pub(crate) const UART: u64 = 0x900_0000;

/// The settings of a device tree.
#[derive(Clone, Debug)]
pub(crate) struct DeviceTree {
    /// Start and size of each bank of RAM.
    pub(crate) ram: Vec<(u64, u64)>,
    /// Start and size of reserved memory.
    pub(crate) reserved: Vec<(u64, u64)>,
    /// Start and size of reserved memory with `no-map`.
    pub(crate) no_map: Vec<(u64, u64)>,
    /// `compatible` of the console.
    pub(crate) console: &'static str,
    /// The machine's cores.
    pub(crate) cores: Vec<Core>,
    /// `reg` of the core that boots.
    pub(crate) boot_core: u32,
    /// `compatible` of PSCI, if it has a node for that.
    pub(crate) psci: Option<&'static str>,
    /// Whether it has a node for the interrupt controller.
    pub(crate) has_gic: bool,
    /// Bytes of a property that makes the tree larger.
    pub(crate) note: usize,
    /// Zeroes behind the last block.
    pub(crate) padding: usize,
}

/// A core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core {
    /// `reg`
    pub(crate) reg: u64,
    /// `status`
    pub(crate) status: &'static str,
    /// `enable-method`
    pub(crate) enable_method: Option<&'static str>,
    /// `cpu-release-addr`
    pub(crate) release_address: Option<u64>,
}

impl Core {
    /// Cores that PSCI starts.
    pub(crate) fn all(regs: impl IntoIterator<Item = u64>) -> Vec<Self> {
        let core = |reg| Self {
            reg,
            status: "okay",
            enable_method: Some("psci"),
            release_address: None,
        };
        regs.into_iter().map(core).collect()
    }

    /// A core that polls the word at `address`.
    pub(crate) fn polling(reg: u64, address: u64) -> Self {
        Self {
            reg,
            status: "okay",
            enable_method: Some("spin-table"),
            release_address: Some(address),
        }
    }
}

impl DeviceTree {
    /// A machine with `size` bytes of RAM from 0x40000000 on.
    pub(crate) fn with_ram(size: u64) -> Self {
        Self {
            ram: vec![(0x4000_0000, size)],
            reserved: vec![],
            no_map: vec![],
            console: "arm,pl011",
            cores: Vec::new(),
            boot_core: 0,
            psci: None,
            has_gic: false,
            note: 0,
            padding: 0,
        }
    }

    /// A machine with 256 MiB of RAM, PSCI and `cores`.
    pub(crate) fn with_cores(cores: Vec<Core>) -> Self {
        Self {
            cores,
            psci: Some("arm,psci-1.0"),
            ..Self::with_ram(0x1000_0000)
        }
    }

    /// The flattened device tree.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut blob = self.write().expect("a valid device tree");
        blob.resize(blob.len() + self.padding, 0);
        let size = u32::try_from(blob.len()).expect("small");
        blob[4..8].copy_from_slice(&size.to_be_bytes());
        blob
    }

    fn write(&self) -> FdtWriterResult<Vec<u8>> {
        let reservations = self
            .reserved
            .iter()
            .map(|&(start, size)| FdtReserveEntry::new(start, size))
            .collect::<Result<Vec<_>, _>>()?;
        let mut fdt = FdtWriter::new_with_mem_reserv(&reservations)?;
        fdt.set_boot_cpuid_phys(self.boot_core);
        let root = fdt.begin_node("")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        if self.note > 0 {
            fdt.property("note", &vec![b'x'; self.note])?;
        }

        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "/serial@9000000")?;
        fdt.end_node(chosen)?;

        let memory = fdt.begin_node("memory@40000000")?;
        fdt.property_string("device_type", "memory")?;
        let banks: Vec<_> = self.ram.iter().flat_map(|bank| [bank.0, bank.1]).collect();
        fdt.property_array_u64("reg", &banks)?;
        fdt.end_node(memory)?;

        if !self.no_map.is_empty() {
            self.write_reserved_memory(&mut fdt)?;
        }

        let serial = fdt.begin_node("serial@9000000")?;
        fdt.property_string("compatible", self.console)?;
        fdt.property_array_u64("reg", &[UART, 0x1000])?;
        fdt.end_node(serial)?;

        self.write_cores(&mut fdt)?;
        if let Some(compatible) = self.psci {
            write_psci(&mut fdt, compatible)?;
        }
        if self.has_gic {
            write_gic(&mut fdt)?;
        }

        fdt.end_node(root)?;
        fdt.finish()
    }

    fn write_cores(&self, fdt: &mut FdtWriter) -> FdtWriterResult<()> {
        if self.cores.is_empty() {
            return Ok(());
        }
        let cpus = fdt.begin_node("cpus")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 0)?;
        for (index, core) in self.cores.iter().enumerate() {
            let cpu = fdt.begin_node(&format!("cpu@{index}"))?;
            fdt.property_string("device_type", "cpu")?;
            fdt.property_string("status", core.status)?;
            fdt.property_array_u64("reg", &[core.reg])?;
            if let Some(method) = core.enable_method {
                fdt.property_string("enable-method", method)?;
            }
            if let Some(address) = core.release_address {
                fdt.property_array_u64("cpu-release-addr", &[address])?;
            }
            fdt.end_node(cpu)?;
        }
        fdt.end_node(cpus)
    }

    fn write_reserved_memory(&self, fdt: &mut FdtWriter) -> FdtWriterResult<()> {
        let reserved = fdt.begin_node("reserved-memory")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        fdt.property_null("ranges")?;
        for &(start, size) in &self.no_map {
            let firmware = fdt.begin_node(&format!("firmware@{start:x}"))?;
            fdt.property_null("no-map")?;
            fdt.property_array_u64("reg", &[start, size])?;
            fdt.end_node(firmware)?;
        }
        fdt.end_node(reserved)
    }
}

fn write_psci(fdt: &mut FdtWriter, compatible: &str) -> FdtWriterResult<()> {
    let psci = fdt.begin_node("psci")?;
    fdt.property_string("compatible", compatible)?;
    fdt.property_string("method", "smc")?;
    fdt.end_node(psci)
}

fn write_gic(fdt: &mut FdtWriter) -> FdtWriterResult<()> {
    let gic = fdt.begin_node("interrupt-controller@8000000")?;
    fdt.property_string("compatible", "arm,gic-v3")?;
    fdt.property_u32("#interrupt-cells", 3)?;
    fdt.property_array_u64("reg", &[0x800_0000, 0x1_0000, 0x80a_0000, 0xf6_0000])?;
    fdt.end_node(gic)
}
