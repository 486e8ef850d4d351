// SPDX-License-Identifier: BSD-2-Clause

//! Devices.

use core::ptr;

use kaal_protocol::{Refusal, Request, Text};
use sel4::cap;

use crate::broker;

/// The registers of a device.
#[derive(Debug)]
pub struct Registers {
    address: usize,
    size: usize,
}

impl Registers {
    /// Requests the first registers of a device, named by path, alias or compatible.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, or taken.
    pub fn request(device: &str) -> Result<Self, Refusal> {
        let name = Text::from(device);
        let [address, size, ..] = broker::request(&Request::Device { name, range: 0 })?;
        Ok(Self {
            address: address as usize,
            size: size as usize,
        })
    }

    /// Reads the 32-bit register at `offset` bytes; 0 where there is none.
    pub fn read(&self, offset: usize) -> u32 {
        match self.register(offset) {
            // SAFETY: the broker mapped the device's registers, and `register` stays within them.
            Some(register) => unsafe { ptr::read_volatile(register) },
            None => 0,
        }
    }

    /// Writes the 32-bit register at `offset` bytes, if there is one.
    pub fn write(&self, offset: usize, value: u32) {
        if let Some(register) = self.register(offset) {
            // SAFETY: the broker mapped the device's registers, and `register` stays within them.
            unsafe { ptr::write_volatile(register, value) };
        }
    }

    fn register(&self, offset: usize) -> Option<*mut u32> {
        let fits = offset
            .checked_add(size_of::<u32>())
            .is_some_and(|end| end <= self.size);
        let aligned = offset.is_multiple_of(align_of::<u32>());
        (fits && aligned).then(|| ptr::with_exposed_provenance_mut(self.address + offset))
    }
}

/// An interrupt of a device.
#[derive(Debug)]
pub struct Interrupt {
    handler: cap::IrqHandler,
    event: u64,
}

impl Interrupt {
    /// Requests the first interrupt of a device, named by path, alias or compatible.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, or the interrupt is taken.
    pub fn request(device: &str) -> Result<Self, Refusal> {
        let name = Text::from(device);
        let [slot, event, ..] = broker::request(&Request::Interrupt { name, index: 0 })?;
        Ok(Self {
            handler: cap::IrqHandler::from_bits(slot),
            event,
        })
    }

    /// The event that the interrupt sets.
    pub fn event(&self) -> u64 {
        self.event
    }

    /// Lets the interrupt be signalled again. The device must no longer ask for it.
    ///
    /// # Errors
    ///
    /// Fails where the interrupt was taken back.
    pub fn acknowledge(&self) -> Result<(), Refusal> {
        self.handler
            .irq_handler_ack()
            .map_err(|_| Refusal::NotOwned)
    }
}
