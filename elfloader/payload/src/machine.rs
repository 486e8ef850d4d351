// SPDX-License-Identifier: BSD-2-Clause

//! A [`Machine`] in the form that headers store.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{AccessSize, Console, ConsoleKind, Gic, Machine, PhysAddr, PsciConduit};

/// [`MachineFields::gic_version`] of a GICv2.
const GIC_V2: u8 = 2;

/// [`MachineFields::gic_version`] of a GICv3 or GICv4. KaaL doesn't use what GICv4 adds.
const GIC_V3: u8 = 3;

/// The machine, as the embedded device tree describes it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct MachineFields {
    /// Console: registers.
    console_base: PhysAddr,
    /// GIC: distributor.
    gic_distributor: PhysAddr,
    /// GIC: CPU interface of a GICv2, redistributors of a GICv3.
    gic_cores: PhysAddr,
    /// Console: [`ConsoleKind`], or 0.
    console_kind: u8,
    /// PSCI: [`PsciConduit`], or 0.
    psci_conduit: u8,
    /// GIC: its version, or 0.
    gic_version: u8,
    /// Console: log2 of the distance in bytes of its registers.
    console_register_shift: u8,
    /// Console: width in bytes of an access.
    console_access_size: u8,
    /// Zero.
    reserved: [u8; 3],
}

impl From<Machine> for MachineFields {
    fn from(machine: Machine) -> Self {
        let console = machine.console;
        let (gic_version, gic_distributor, gic_cores) = match machine.gic {
            None => (0, PhysAddr(0), PhysAddr(0)),
            Some(Gic::V2 {
                distributor,
                cpu_interface,
            }) => (GIC_V2, distributor, cpu_interface),
            Some(Gic::V3 {
                distributor,
                redistributors,
            }) => (GIC_V3, distributor, redistributors),
        };
        Self {
            console_base: console.map_or(PhysAddr(0), |console| console.base),
            gic_distributor,
            gic_cores,
            console_kind: console.map_or(0, |console| console.kind as u8),
            psci_conduit: machine.psci.map_or(0, |conduit| conduit as u8),
            gic_version,
            console_register_shift: console.map_or(0, |console| console.register_shift),
            console_access_size: console.map_or(0, |console| console.access_size as u8),
            reserved: [0; 3],
        }
    }
}

impl MachineFields {
    /// The machine, or the name of the malformed field.
    pub(crate) fn machine(&self) -> Result<Machine, &'static str> {
        if self.reserved != [0; 3] {
            return Err("reserved");
        }
        Ok(Machine {
            console: self.console()?,
            psci: self.psci()?,
            gic: self.gic()?,
        })
    }

    /// The well-formed part of the fields: enough to report on the console that the header is malformed.
    pub(crate) fn peek(&self) -> Machine {
        Machine {
            console: self.console().unwrap_or_default(),
            psci: self.psci().unwrap_or_default(),
            gic: None,
        }
    }

    fn console(&self) -> Result<Option<Console>, &'static str> {
        if self.console_kind == 0 {
            return Ok(None);
        }
        let console = Console {
            kind: ConsoleKind::from_wire(self.console_kind).ok_or("console")?,
            base: self.console_base,
            register_shift: self.console_register_shift,
            access_size: AccessSize::from_wire(self.console_access_size).ok_or("console")?,
        };
        match console.is_sound() {
            true => Ok(Some(console)),
            false => Err("console"),
        }
    }

    fn psci(&self) -> Result<Option<PsciConduit>, &'static str> {
        match self.psci_conduit {
            0 => Ok(None),
            raw => PsciConduit::from_wire(raw).map(Some).ok_or("PSCI conduit"),
        }
    }

    fn gic(&self) -> Result<Option<Gic>, &'static str> {
        let (distributor, cores) = (self.gic_distributor, self.gic_cores);
        match self.gic_version {
            0 => Ok(None),
            GIC_V2 => Ok(Some(Gic::V2 {
                distributor,
                cpu_interface: cores,
            })),
            GIC_V3 => Ok(Some(Gic::V3 {
                distributor,
                redistributors: cores,
            })),
            _ => Err("interrupt controller"),
        }
    }
}
