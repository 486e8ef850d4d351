// SPDX-License-Identifier: BSD-2-Clause

//! A kernel that agrees to everything, and whose objects are largest.

use crate::kernel::{
    Access, Interrupt, Kernel, KernelError, KernelResult, Object, PAGE_BITS, Pass, Slot, Thread,
    Time,
};

/// A kernel that creates nothing. Each object is as large as in any of seL4's configurations for
/// AArch64 (libsel4/sel4_arch_include/aarch64/sel4/sel4_arch/constants.h).
#[derive(Clone, Copy, Debug)]
pub struct Largest;

impl Kernel for Largest {
    fn is_mcs(&self) -> bool {
        true
    }

    fn object_bits(&self, object: Object) -> u8 {
        const SLOT_BITS: u8 = 5;
        match object {
            Object::Untyped(bits) => bits,
            Object::CNode(bits) => bits + SLOT_BITS,
            Object::Endpoint => 4,
            Object::Reply => 5,
            Object::Notification => 6,
            Object::SchedContext => 7,
            Object::Thread => 12,
            Object::Page | Object::PageTable | Object::AddressSpace => PAGE_BITS,
        }
    }

    /// Four levels. With three, the address space takes the memory of the missing page table.
    fn table_spans(&self) -> impl Iterator<Item = u8> {
        [39, 30, 21].into_iter()
    }

    fn retype(&mut self, _: Slot, _: Object, _: Slot) -> KernelResult {
        Ok(())
    }

    fn delete(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }

    fn revoke(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }

    fn copy(&mut self, _: Slot, _: Slot, _: Pass) -> KernelResult {
        Ok(())
    }

    fn pass(&mut self, _: Slot, _: Slot, _: u64, _: Pass) -> KernelResult {
        Ok(())
    }

    fn withdraw(&mut self, _: Slot, _: u64) -> KernelResult {
        Ok(())
    }

    fn assign_asid(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }

    fn map_table(&mut self, _: Slot, _: Slot, _: u64) -> KernelResult {
        Ok(())
    }

    fn map_page(&mut self, _: Slot, _: Slot, _: u64, _: Access) -> KernelResult {
        Ok(())
    }

    fn fill_page(&mut self, _: Slot, _: u64, _: &[u8], _: bool) -> KernelResult {
        Ok(())
    }

    fn quiesce(&mut self, _: Slot, _: u64, _: u32, _: u32) -> Result<bool, KernelError> {
        Ok(true)
    }

    fn take_interrupt(&mut self, _: Interrupt, _: Slot) -> KernelResult {
        Ok(())
    }

    fn bind_interrupt(&mut self, _: Slot, _: Slot) -> KernelResult {
        Ok(())
    }

    fn set_time(&mut self, _: Slot, _: Time) -> KernelResult {
        Ok(())
    }

    fn exchange_time(&mut self, _: Slot, _: Slot, _: Slot) -> KernelResult {
        Ok(())
    }

    fn start(&mut self, _: &Thread) -> KernelResult {
        Ok(())
    }

    fn signal(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }

    fn suspend(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }

    fn invoked(&mut self, _: Slot) -> Result<u64, KernelError> {
        Ok(0)
    }

    fn resume(&mut self, _: Slot) -> KernelResult {
        Ok(())
    }
}
