// SPDX-License-Identifier: BSD-2-Clause

//! Interrupts.

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
