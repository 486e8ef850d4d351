// SPDX-License-Identifier: BSD-2-Clause

//! Looks for a device at several transports.
//!
//! QEMU's virt machine has eight transports in a page, so a component has all eight. Which of them have
//! a device depends on QEMU's command line.

use kaal_component::{Interrupt, Refusal, Registers};
use virtio_drivers::transport::mmio::MmioTransport;
use virtio_drivers::transport::{DeviceType, Transport};

/// Size of a transport's registers in words of four bytes.
const WORDS: usize = 0x200 / size_of::<u32>();

/// A device, and its interrupt.
#[derive(Debug)]
pub struct Found {
    /// The device's registers.
    pub transport: MmioTransport<'static>,
    /// The device's interrupt.
    pub interrupt: Interrupt,
}

/// Finds the first device of a kind. `transports` are their paths in the device tree, which the component's
/// `devices` and `dma` contain. The others are reset. Call it once: it takes the registers of all.
///
/// # Errors
///
/// Fails if the component may not have a transport.
pub fn find(transports: &[&str], kind: DeviceType) -> Result<Option<Found>, Refusal> {
    for path in transports {
        let mut registers = Registers::request(path)?.into_pointer::<[u32; WORDS]>()?;
        let header = registers.ptr_nonnull().cast();
        // SAFETY: the pointer is aligned and its memory stays mapped. Nothing else accesses it: the
        // only other pointer, `registers`, isn't used again.
        let transport = unsafe { MmioTransport::new(header, size_of::<[u32; WORDS]>()) };
        // Most transports have no device, which is an error.
        if let Ok(transport) = transport
            && transport.device_type() == kind
        {
            let interrupt = Interrupt::request(path)?;
            return Ok(Some(Found {
                transport,
                interrupt,
            }));
        }
    }
    Ok(None)
}
