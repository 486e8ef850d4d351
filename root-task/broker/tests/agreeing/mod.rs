// SPDX-License-Identifier: BSD-2-Clause

//! A kernel that accepts everything and keeps no state.

use kaal_broker::{Access, Interrupt, Kernel, KernelError, Object, Pass, Slot, Thread};

pub(crate) struct Agreeing;

impl Kernel for Agreeing {
    fn is_mcs(&self) -> bool {
        true
    }

    fn object_bits(&self, object: Object) -> u8 {
        match object {
            Object::Untyped(bits) => bits,
            Object::CNode(bits) => bits + 5,
            Object::Endpoint => 4,
            Object::Notification => 6,
            Object::Reply => 5,
            Object::Thread => 11,
            Object::SchedContext => 8,
            Object::Page | Object::PageTable | Object::AddressSpace => 12,
        }
    }

    fn table_spans(&self) -> impl Iterator<Item = u8> {
        [39, 30, 21].into_iter()
    }

    fn retype(&mut self, _: Slot, _: Object, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn delete(&mut self, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn revoke(&mut self, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn copy(&mut self, _: Slot, _: Slot, _: Pass) -> Result<(), KernelError> {
        Ok(())
    }

    fn pass(&mut self, _: Slot, _: Slot, _: u64, _: Pass) -> Result<(), KernelError> {
        Ok(())
    }

    fn withdraw(&mut self, _: Slot, _: u64) -> Result<(), KernelError> {
        Ok(())
    }

    fn assign_asid(&mut self, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn map_table(&mut self, _: Slot, _: Slot, _: u64) -> Result<(), KernelError> {
        Ok(())
    }

    fn map_page(&mut self, _: Slot, _: Slot, _: u64, _: Access) -> Result<(), KernelError> {
        Ok(())
    }

    fn fill_page(&mut self, _: Slot, _: u64, _: &[u8], _: bool) -> Result<(), KernelError> {
        Ok(())
    }

    fn take_interrupt(&mut self, _: Interrupt, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn bind_interrupt(&mut self, _: Slot, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn start(&mut self, _: &Thread) -> Result<(), KernelError> {
        Ok(())
    }

    fn signal(&mut self, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }

    fn resume(&mut self, _: Slot) -> Result<(), KernelError> {
        Ok(())
    }
}
