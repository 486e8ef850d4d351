// SPDX-License-Identifier: BSD-2-Clause

//! The facts that builder and loader need, from one walk over the nodes.

use kaal_payload::{Cpu, Machine, PhysAddr, PhysRange};
use thiserror::Error;

use crate::cpus::cpu;
use crate::list::List;
use crate::{DeviceTree, MemoryKind, Place, TreeError, console, machine};

/// The most ranges of memory. Phones have some 60 nodes of reserved memory, and few boards more than two banks of RAM.
pub const MAX_MEMORY: usize = 128;

/// The most cores, of which KaaL starts up to [`kaal_payload::MAX_CORES`]. The largest of Linux's device trees names 64.
pub const MAX_CPUS: usize = 64;

/// The facts in a device tree.
///
/// They skip memory and cores whose `status` isn't "okay", such as the RAM for secure software of QEMU's virt machine,
/// and reserved memory without an address, which an operating system places.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Console, PSCI and interrupt controller.
    pub machine: Machine,
    /// The banks of RAM and the nodes of `/reserved-memory`, in the order of the tree, then the memory reservation
    /// block.
    pub memory: List<(MemoryKind, PhysRange), MAX_MEMORY>,
    /// The usable cores, in the order of the tree.
    pub cpus: List<Cpu, MAX_CPUS>,
}

/// Why there are no facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FactsError {
    /// The device tree is malformed.
    #[error(transparent)]
    Malformed(#[from] TreeError),
    /// The device tree names more than a list of [`Facts`] holds.
    #[error("more than {} named", .0.limit())]
    TooMany(TooMany),
}

/// A full list of [`Facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMany {
    /// [`Facts::memory`]
    Memory,
    /// [`Facts::cpus`]
    Cpus,
}

impl TooMany {
    /// The items that the list holds, with their number: [`MAX_MEMORY`] or [`MAX_CPUS`].
    pub const fn limit(self) -> &'static str {
        match self {
            Self::Memory => "128 ranges of memory",
            Self::Cpus => "64 cores",
        }
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self::NONE
    }
}

impl Facts {
    /// No facts.
    pub const NONE: Self = Self {
        machine: Machine {
            console: None,
            psci: None,
            gic: None,
        },
        memory: List::new((
            MemoryKind::Ram,
            PhysRange {
                start: PhysAddr(0),
                end: PhysAddr(0),
            },
        )),
        cpus: List::new(Cpu {
            mpidr: 0,
            release_address: PhysAddr(0),
        }),
    };

    /// Reads the device tree at the start of `bytes`, and checks all of its structure.
    ///
    /// # Errors
    ///
    /// Fails if the device tree is malformed anywhere, or names more than the lists hold.
    pub fn parse(bytes: &[u8]) -> Result<(DeviceTree<'_>, Self), FactsError> {
        let mut facts = Self::NONE;
        let mut tree = DeviceTree::truncated(bytes)?;
        facts.read(&mut tree)?;
        Ok((tree, facts))
    }

    /// Checks all of the structure of `tree`, and adds its facts. If it names no supported console, that
    /// in `self` is better than a guess.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn read(&mut self, tree: &mut DeviceTree<'_>) -> Result<(), FactsError> {
        let mut noted = Ok(());
        tree.read(&mut |place| {
            if noted.is_ok() {
                noted = self.note(place);
            }
        })?;
        let noted = noted.and_then(|()| self.finish(tree));
        noted.map_err(FactsError::TooMany)
    }

    /// The facts in `tree`.
    ///
    /// # Errors
    ///
    /// Fails if it names more than the lists hold.
    pub fn of(tree: &DeviceTree<'_>) -> Result<Self, TooMany> {
        let mut facts = Self::NONE;
        let mut walk = tree.walk();
        while walk.goes_on() {
            facts.note(&walk.place)?;
        }
        facts.finish(tree)?;
        Ok(facts)
    }

    /// Adds the facts that are in no node, and the console, whose node is known only after all nodes.
    fn finish(&mut self, tree: &DeviceTree<'_>) -> Result<(), TooMany> {
        for range in tree.reservations() {
            self.note_memory(MemoryKind::Reserved, range)?;
        }
        self.machine.console = console::find(tree, self.machine.console);
        Ok(())
    }

    fn note(&mut self, place: &Place<'_>) -> Result<(), TooMany> {
        machine::note(&mut self.machine, place);
        if let Some(kind) = place.memory_kind() {
            for range in place.reg() {
                self.note_memory(kind, range)?;
            }
        }
        match cpu(place) {
            Some(cpu) => self.cpus.push(cpu).ok_or(TooMany::Cpus),
            None => Ok(()),
        }
    }

    fn note_memory(&mut self, kind: MemoryKind, range: PhysRange) -> Result<(), TooMany> {
        self.memory.push((kind, range)).ok_or(TooMany::Memory)
    }
}
