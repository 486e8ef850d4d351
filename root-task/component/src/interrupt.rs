// SPDX-License-Identifier: BSD-2-Clause

//! Interrupts of devices.

use kaal_protocol::{Refusal, Request, Text};
use sel4::cap;

use crate::broker;

/// An interrupt of a device.
///
/// ```no_run
/// # use kaal_component::{Interrupt, Refusal, Registers, pl031, wait};
/// # fn run() -> Result<(), Refusal> {
/// let clock = Registers::request(pl031::DEVICE)?;
/// let interrupt = Interrupt::request(pl031::DEVICE)?;
/// clock.write(pl031::RTCIMSC, 1);
/// clock.write(pl031::RTCMR, clock.read(pl031::RTCDR) + 1);
/// while wait() & interrupt.event == 0 {}
/// clock.write(pl031::RTCICR, 1);
/// interrupt.acknowledge()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Interrupt {
    handler: cap::IrqHandler,
    /// The event that it sets.
    pub event: u64,
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
        let [slot, event, ..] = broker::request(&Request::Interrupt(0, name))?;
        Ok(Self {
            handler: cap::IrqHandler::from_bits(slot),
            event,
        })
    }

    /// Enables the next interrupt. First, clear the interrupt at the device.
    ///
    /// # Errors
    ///
    /// Fails if the kernel refuses, for example because the interrupt was taken back.
    pub fn acknowledge(&self) -> Result<(), Refusal> {
        let acknowledged = self.handler.irq_handler_ack();
        acknowledged.map_err(|_| Refusal::NotOwned)
    }
}
