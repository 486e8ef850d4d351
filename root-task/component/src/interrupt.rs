// SPDX-License-Identifier: BSD-2-Clause

//! Interrupts of devices.

use kaal_protocol::{Refusal, Request, Text};
use sel4::cap;

use crate::broker;

/// An interrupt of a device.
#[derive(Debug)]
pub struct Interrupt {
    handler: cap::IrqHandler,
    event: u64,
}

impl Interrupt {
    /// Requests the first interrupt of a device, given by path, alias or `compatible`.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't name the device, or a component handles the
    /// interrupt already.
    pub fn request(device: &str) -> Result<Self, Refusal> {
        let name = Text::from(device);
        let [slot, event, ..] = broker::request(&Request::Interrupt { name, index: 0 })?;
        Ok(Self {
            handler: cap::IrqHandler::from_bits(slot),
            event,
        })
    }

    /// Returns the event that the interrupt sets.
    pub fn event(&self) -> u64 {
        self.event
    }

    /// Enables the next interrupt. First, clear the interrupt at the device.
    ///
    /// # Errors
    ///
    /// Fails if the kernel refuses, for example because the interrupt was taken back.
    pub fn acknowledge(&self) -> Result<(), Refusal> {
        self.handler
            .irq_handler_ack()
            .map_err(|_| Refusal::NotOwned)
    }
}
