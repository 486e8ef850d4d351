// SPDX-License-Identifier: BSD-2-Clause

//! Devices from the device tree.

use alloc::vec::Vec;

use kaal_devicetree::{DeviceTree, Place};
use kaal_payload::PhysRange;
use thiserror::Error;

use crate::kernel::Interrupt;

/// The name of the device that the device tree's `stdout-path` names.
pub const CONSOLE: &str = "stdout-path";

/// The `compatible` of the generic timer of the Arm architecture. Its registers are the processor's, so it has no address.
const GENERIC_TIMER: &[u8] = b"arm,armv8-timer";

/// A device's registers and interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Physical addresses of the registers.
    pub registers: Vec<PhysRange>,
    /// Its interrupts.
    pub interrupts: Vec<Interrupt>,
}

/// Reasons why a device can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// No node has this path, alias or `compatible`.
    #[error("the device tree has no such device")]
    NotFound,
    /// The node has no readable `reg`, or fewer ranges.
    #[error("the device has no registers")]
    NoRegisters,
    /// The node has fewer interrupts, or they can't be read.
    #[error("the device has no such interrupt")]
    NoInterrupt,
}

impl Device {
    /// Finds a device by path (with a leading `/`), alias or `compatible`, or the console by
    /// [`CONSOLE`]. The generic timer is the one for EL1 and EL0, and has no registers.
    ///
    /// # Errors
    ///
    /// Fails if there is no such device, or another one has no registers.
    pub fn find(tree: &DeviceTree<'_>, name: &str) -> Result<Self, DeviceError> {
        let place = find_place(tree, name.as_bytes()).ok_or(DeviceError::NotFound)?;
        let mut models = place.node().strings(b"compatible");
        if models.any(|model| model == GENERIC_TIMER) {
            return Ok(Self {
                registers: Vec::new(),
                interrupts: timer_interrupt(interrupts(tree, &place)),
            });
        }
        let registers: Vec<PhysRange> = place.reg().collect();
        if registers.is_empty() {
            return Err(DeviceError::NoRegisters);
        }
        Ok(Self {
            registers,
            interrupts: interrupts(tree, &place),
        })
    }

    /// Returns one range of the registers.
    ///
    /// # Errors
    ///
    /// Fails if the device has fewer.
    pub fn range(&self, index: u64) -> Result<PhysRange, DeviceError> {
        nth(&self.registers, index).ok_or(DeviceError::NoRegisters)
    }

    /// Returns one of the interrupts.
    ///
    /// # Errors
    ///
    /// Fails if the device has fewer.
    pub fn interrupt(&self, index: u64) -> Result<Interrupt, DeviceError> {
        nth(&self.interrupts, index).ok_or(DeviceError::NoInterrupt)
    }
}

fn nth<T: Copy>(list: &[T], index: u64) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied()
}

fn find_place<'a>(tree: &'a DeviceTree<'a>, name: &[u8]) -> Option<Place<'a>> {
    if name.starts_with(b"/") {
        return tree.find(name);
    }
    if name == CONSOLE.as_bytes() {
        return kaal_devicetree::stdout(tree);
    }
    let aliases = tree.find(b"/aliases");
    match aliases.and_then(|aliases| aliases.node().string(name)) {
        Some(path) => tree.find(path),
        None => tree.walk().find(|place| {
            let mut models = place.node().strings(b"compatible");
            models.any(|model| model == name)
        }),
    }
}

/// Returns the interrupt of the non-secure physical timer, the second one (Linux's binding arm,arch_timer). The others are
/// of timers of the secure world, of the kernel, and of virtual machines.
fn timer_interrupt(interrupts: Vec<Interrupt>) -> Vec<Interrupt> {
    interrupts.into_iter().skip(1).take(1).collect()
}

/// Reads the interrupts of a device at an Arm GIC. Each has three cells: kind, number within the
/// kind, and flags (Linux's binding arm,gic).
fn interrupts(tree: &DeviceTree<'_>, place: &Place<'_>) -> Vec<Interrupt> {
    const CELLS: u32 = 3;
    let parent = place
        .node()
        .property(b"interrupt-parent")
        .or_else(|| tree.find(b"/")?.node().property(b"interrupt-parent"));
    let is_gic = tree.walk().any(|place| {
        let node = place.node();
        node.property(b"phandle") == parent
            && node.property(b"#interrupt-cells") == Some(&CELLS.to_be_bytes())
    });
    if parent.is_none() || !is_gic {
        return Vec::new();
    }
    let property = place.node().property(b"interrupts").unwrap_or_default();
    let (cells, _) = property.as_chunks::<4>();
    let (interrupts, _) = cells.as_chunks();
    interrupts
        .iter()
        .map(|interrupt| interrupt.map(u32::from_be_bytes))
        .filter_map(gic_interrupt)
        .collect()
}

fn gic_interrupt([kind, number, flags]: [u32; 3]) -> Option<Interrupt> {
    const SHARED: u32 = 0;
    const PRIVATE: u32 = 1;
    const FIRST_SHARED: u32 = 32;
    const FIRST_PRIVATE: u32 = 16;
    const EDGE_FLAGS: u32 = 0b11;
    let first = match kind {
        SHARED => FIRST_SHARED,
        PRIVATE => FIRST_PRIVATE,
        _ => return None,
    };
    Some(Interrupt {
        number: number.checked_add(first)?,
        is_edge: flags & EDGE_FLAGS != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::gic_interrupt;
    use crate::kernel::Interrupt;

    #[test]
    fn the_gic_numbers_kinds_one_after_the_other() {
        let interrupt = |number, is_edge| Some(Interrupt { number, is_edge });
        assert_eq!(gic_interrupt([0, 1, 4]), interrupt(33, false));
        assert_eq!(gic_interrupt([1, 11, 1]), interrupt(27, true));
        assert_eq!(gic_interrupt([2, 0, 4]), None);
        assert_eq!(gic_interrupt([0, u32::MAX, 4]), None);
    }
}
