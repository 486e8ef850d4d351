// SPDX-License-Identifier: BSD-2-Clause

//! Devices and their interrupts.

use alloc::vec::Vec;

use super::Broker;
use crate::pool::page_align;
use crate::{
    Action, ComponentId, Denial, Device, DeviceError, Kernel, Memory, PAGE_SIZE, Rights, Usage,
};

impl<K: Kernel> Broker<K> {
    /// Maps the registers of a device, or one of several ranges of them, and returns their address
    /// and size.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, the ranges are fewer, or a
    /// page of the registers has been granted to somebody.
    pub fn request_device(
        &mut self,
        id: ComponentId,
        name: &str,
        device: &Result<Device, DeviceError>,
        range: usize,
    ) -> Result<(u64, u64), Denial> {
        let registers = device
            .as_ref()
            .ok()
            .and_then(|device| device.registers.get(range).copied());
        let shown = registers.map_or(0, |registers| registers.start.0);
        self.audited(id, Action::RequestDevice(shown), |broker| {
            broker.check_device(id, name)?;
            if let Err(error) = device {
                return Err((*error).into());
            }
            let registers = registers.ok_or(DeviceError::NoRegisters)?;
            let first = registers.start.0 & !(PAGE_SIZE - 1);
            let size = page_align(registers.end.0 - first)?;
            let usage = Usage {
                bytes: 0,
                slots: size / PAGE_SIZE,
                devices: 1,
            };
            let (live, kernel, pool) = broker.live(id)?;
            live.charge(usage)?;
            let mut holdings = Vec::new();
            for page in (first..first + size).step_by(PAGE_SIZE as usize) {
                match pool.device_page(kernel, page) {
                    Ok(holding) => holdings.push(holding),
                    Err(denial) => {
                        pool.release_all(kernel, holdings)?;
                        live.usage.refund(usage);
                        return Err(denial);
                    }
                }
            }
            let rights = Rights::ReadWrite;
            let address = live.place(kernel, pool, holdings, usage, rights, Memory::Device)?;
            let offset = registers.start.0 - first;
            Ok((address + offset, registers.end.0 - registers.start.0))
        })
    }

    /// Lets a component handle one of a device's interrupts. Returns the slot of the handler's
    /// capability, and the bit that the interrupt sets in the component's notification.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, or the interrupt has been
    /// granted to somebody.
    pub fn request_irq(
        &mut self,
        id: ComponentId,
        name: &str,
        device: &Result<Device, DeviceError>,
        index: usize,
    ) -> Result<(u64, u64), Denial> {
        let interrupt = device
            .as_ref()
            .ok()
            .and_then(|device| device.interrupts.get(index).copied());
        let shown = interrupt.map_or(0, |interrupt| interrupt.number);
        self.audited(id, Action::RequestInterrupt(shown), |broker| {
            broker.check_device(id, name)?;
            if let Err(error) = device {
                return Err((*error).into());
            }
            let interrupt = interrupt.ok_or(DeviceError::NoInterrupt)?;
            if broker.interrupts.contains_key(&interrupt.number) {
                return Err(Denial::Taken {
                    what: interrupt.number.into(),
                });
            }
            let (live, kernel, pool) = broker.live(id)?;
            let granted = live.handle(kernel, pool, interrupt)?;
            broker.interrupts.insert(interrupt.number, id);
            Ok(granted)
        })
    }

    fn check_device(&self, id: ComponentId, name: &str) -> Result<(), Denial> {
        self.configured(id, name, |config| config.devices).map(drop)
    }
}
