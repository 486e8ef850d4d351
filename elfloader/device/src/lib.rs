// SPDX-License-Identifier: BSD-2-Clause

//! Accesses registers of devices, which are memory.

#![no_std]

use core::ptr;

use kaal_payload::{AccessSize, PhysAddr};

/// Reads a register of this size.
///
/// # Safety
///
/// A device's register of this size is mapped at `address`, aligned.
pub unsafe fn read(address: PhysAddr, size: AccessSize) -> u32 {
    // SAFETY: as the caller ensures.
    unsafe {
        match size {
            AccessSize::Byte => register::<u8>(address).read_volatile().into(),
            AccessSize::HalfWord => register::<u16>(address).read_volatile().into(),
            AccessSize::Word => register::<u32>(address).read_volatile(),
        }
    }
}

/// Writes the lowest bits of `value` to a register of this size.
///
/// # Safety
///
/// As for [`read`]. Nothing that relies on the register's value breaks.
pub unsafe fn write(address: PhysAddr, size: AccessSize, value: u32) {
    // SAFETY: as the caller ensures.
    unsafe {
        match size {
            AccessSize::Byte => register::<u8>(address).write_volatile(value as u8),
            AccessSize::HalfWord => register::<u16>(address).write_volatile(value as u16),
            AccessSize::Word => register::<u32>(address).write_volatile(value),
        }
    }
}

fn register<T>(address: PhysAddr) -> *mut T {
    ptr::with_exposed_provenance_mut(address.0 as usize)
}
