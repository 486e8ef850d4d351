// SPDX-License-Identifier: BSD-2-Clause

//! The facts about a machine, in one form for both readers.

use anyhow::Result;
use kaal_devicetree::{Facts, Header, MemoryKind};
use kaal_payload::{Gic, PsciConduit};

use crate::node::Range;

/// A machine. Addresses and sizes are in bytes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Described {
    pub(crate) console: Option<Console>,
    /// How PSCI is called.
    pub(crate) psci: Option<&'static str>,
    /// The version of the interrupt controller, and its two kinds of registers.
    pub(crate) gic: Option<(u8, u64, u64)>,
    pub(crate) ram: Vec<Range>,
    pub(crate) reserved: Vec<Range>,
    pub(crate) no_map: Vec<Range>,
    pub(crate) cores: Vec<Core>,
    /// `boot_cpuid_phys`
    pub(crate) boot_core: u32,
}

/// A UART that KaaL supports.
#[derive(Debug, PartialEq)]
pub(crate) struct Console {
    /// The name of its kind in `ConsoleKind`.
    pub(crate) kind: String,
    pub(crate) base: u64,
    pub(crate) register_shift: u8,
    pub(crate) access_size: u8,
}

/// A core that KaaL can start.
#[derive(Debug, PartialEq)]
pub(crate) struct Core {
    pub(crate) mpidr: u64,
    /// The word that it polls, or 0.
    pub(crate) word: u64,
}

impl Described {
    /// The facts that builder and loader read from `blob`.
    pub(crate) fn by_kaal(blob: &[u8]) -> Result<Self> {
        let (_, facts) = Facts::parse(blob)?;
        let machine = facts.machine;
        let memory = |kind| {
            let memory = facts.memory_of(kind);
            memory.map(|range| (range.start.0, range.size())).collect()
        };
        Ok(Self {
            console: machine.console.map(|console| Console {
                kind: format!("{:?}", console.kind),
                base: console.base.0,
                register_shift: console.register_shift,
                access_size: console.access_size as u8,
            }),
            psci: machine.psci.map(|conduit| match conduit {
                PsciConduit::Smc => "smc",
                PsciConduit::Hvc => "hvc",
            }),
            gic: machine.gic.map(|gic| match gic {
                Gic::V2 {
                    distributor,
                    cpu_interface,
                } => (2, distributor.0, cpu_interface.0),
                Gic::V3 {
                    distributor,
                    redistributors,
                } => (3, distributor.0, redistributors.0),
            }),
            ram: memory(MemoryKind::Ram),
            reserved: memory(MemoryKind::Reserved),
            no_map: memory(MemoryKind::NoMap),
            cores: facts
                .cpus
                .iter()
                .map(|cpu| Core {
                    mpidr: cpu.mpidr,
                    word: cpu.release_address.0,
                })
                .collect(),
            boot_core: Header::parse(blob)?.boot_cpu(),
        })
    }
}
