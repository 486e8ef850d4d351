// SPDX-License-Identifier: BSD-2-Clause

//! Devices and their interrupts.

use kaal_payload::PhysRange;

use super::Broker;
use crate::audit::Action;
use crate::config::ComponentId;
use crate::device::DeviceError;
use crate::error::Denial;
use crate::kernel::{Access, Interrupt, Kernel, PAGE_SIZE, Slot};
use crate::pool::page_align;
use crate::process::Content;
use crate::quota::Resources;

impl<K: Kernel> Broker<K> {
    /// Gives the page of device memory at `address` to the root task, which keeps it. A component
    /// may get it too.
    ///
    /// # Errors
    ///
    /// Fails if there is no such memory, or it is in use.
    pub fn keep_device_page(&mut self, address: u64) -> Result<Slot, Denial> {
        self.pool.keep_device_page(address)
    }

    /// Whether a component has the page at `address`, which the root task keeps.
    pub fn is_lent(&self, address: u64) -> bool {
        self.pool.is_lent(address)
    }

    /// Makes a capability with which the root task signals a component. Returns its slot, and the
    /// event that it sets.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run, or its quota is exceeded.
    pub fn open_signal(&mut self, id: ComponentId) -> Result<(Slot, u64), Denial> {
        self.unlogged_changes += 1;
        let (process, pool) = self.process(id)?;
        process.open_signal(pool)
    }

    /// Maps `registers`, one range of a device's registers. Returns their virtual address and size.
    /// If they lie in pages that the component has, it gets those.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't name the device, `registers` is an error, or
    /// another component has one of the pages.
    pub fn request_device(
        &mut self,
        id: ComponentId,
        name: &str,
        registers: Result<PhysRange, DeviceError>,
    ) -> Result<(u64, u64), Denial> {
        let shown = registers.map_or(0, |registers| registers.start.0);
        self.audited(id, Action::RequestDevice(shown), |broker| {
            let name = broker.configured(id, name, |config| config.devices)?;
            let registers = registers?;
            let first = registers.start.0 & !(PAGE_SIZE - 1);
            let size = page_align(registers.end.0 - first)?;
            let mut usage = Resources::new(0, size / PAGE_SIZE);
            usage.devices = 1;
            let (process, pool) = broker.process(id)?;
            let address = match process.registers_at(registers) {
                Some(address) => address,
                None => {
                    let device = Content::Registers;
                    let pages = process.map_new(pool, usage, Access::Device, device, |pool| {
                        pool.device_pages(first, size)
                    })?;
                    pages + registers.start.0 - first
                }
            };
            process.name_device(address, name);
            Ok((address, registers.size()))
        })
    }

    /// Lets a component handle `interrupt`, one of a device's interrupts. Returns the handler's
    /// slot in the component's CSpace, and the event that the interrupt sets.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't name the device, `interrupt` is an error, or
    /// a component handles it already.
    pub fn request_irq(
        &mut self,
        id: ComponentId,
        name: &str,
        interrupt: Result<Interrupt, DeviceError>,
    ) -> Result<(u64, u64), Denial> {
        let shown = interrupt.map_or(0, |interrupt| interrupt.number);
        self.audited(id, Action::RequestInterrupt(shown), |broker| {
            let device = broker.configured(id, name, |config| config.devices)?;
            let interrupt = interrupt?;
            if broker.interrupts.contains_key(&interrupt.number) {
                return Err(Denial::Taken(interrupt.number.into()));
            }
            let (process, pool) = broker.process(id)?;
            let granted = process.handle(pool, interrupt)?;
            broker.interrupts.insert(interrupt.number, (id, device));
            Ok(granted)
        })
    }
}
