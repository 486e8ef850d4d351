// SPDX-License-Identifier: BSD-2-Clause

//! The invocations.

use kaal_broker::{
    Access, Block, CSPACE_BITS, Interrupt, Kernel, KernelError, Object, PAGE_SIZE, Pass, Slot,
    Thread, Time,
};

use super::Model;
use super::capability::{Capability, Place, What};

impl Model {
    fn may_fail(&mut self) -> Result<(), KernelError> {
        count_down(&mut self.fail_after)
    }

    fn may_fail_to_free(&mut self) -> Result<(), KernelError> {
        count_down(&mut self.fail_to_free_after)
    }
}

fn count_down(left: &mut Option<u32>) -> Result<(), KernelError> {
    match left {
        Some(0) => {
            *left = None;
            Err(KernelError::NotEnoughMemory)
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}

impl Kernel for Model {
    fn is_mcs(&self) -> bool {
        self.mcs
    }

    fn object_bits(&self, object: Object) -> u8 {
        self.bits(object)
    }

    fn table_spans(&self) -> impl Iterator<Item = u8> {
        [39, 30, 21].into_iter()
    }

    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        let What::Untyped(block, is_device) = self.get(untyped)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        if is_device && !matches!(object, Object::Untyped(_) | Object::Page) {
            return Err(KernelError::InvalidArgument);
        }
        let parent = Place::Root(untyped.0);
        if self.children(parent).is_empty() {
            self.watermarks.remove(&block);
        }
        let size = 1u64 << self.bits(object);
        let watermark = self.watermarks.get(&block).copied().unwrap_or(0);
        let start = (block.start + watermark).next_multiple_of(size);
        if start + size > block.start + block.size() {
            return Err(KernelError::NotEnoughMemory);
        }
        let what = match object {
            Object::Untyped(bits) => What::Untyped(Block { bits, start }, is_device),
            object => What::Object(object, start, is_device),
        };
        self.insert(Place::Root(to.0), Capability::original(what, Some(parent)))?;
        self.watermarks.insert(block, start + size - block.start);
        Ok(())
    }

    fn delete(&mut self, slot: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        self.remove(Place::Root(slot.0));
        Ok(())
    }

    fn revoke(&mut self, slot: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        self.get(slot)?;
        self.remove_derived(Place::Root(slot.0));
        Ok(())
    }

    fn copy(&mut self, from: Slot, to: Slot, pass: Pass) -> Result<(), KernelError> {
        self.may_fail()?;
        assert_ne!(pass, Pass::Send(0));
        self.derive(Place::Root(from.0), Place::Root(to.0), pass)
    }

    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> Result<(), KernelError> {
        self.may_fail()?;
        let cnode = self.object(cnode, Object::CNode(CSPACE_BITS))?;
        if index >> CSPACE_BITS != 0 {
            return Err(KernelError::FailedLookup);
        }
        self.derive(Place::Root(from.0), Place::Component(cnode, index), pass)
    }

    fn withdraw(&mut self, cnode: Slot, index: u64) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        let cnode = self.object(cnode, Object::CNode(CSPACE_BITS))?;
        let place = Place::Component(cnode, index);
        self.remove_derived(place);
        self.remove(place);
        Ok(())
    }

    fn assign_asid(&mut self, address_space: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(address_space, Object::AddressSpace).map(drop)
    }

    fn map_table(&mut self, table: Slot, space: Slot, address: u64) -> Result<(), KernelError> {
        self.may_fail()?;
        let table = self.object(table, Object::PageTable)?;
        let space = self.object(space, Object::AddressSpace)?;
        let missing = self.table_spans().find_map(|bits| {
            let block = Block {
                bits,
                start: address >> bits << bits,
            };
            (!self.tables.contains_key(&(space, block))).then_some(block)
        });
        let missing = missing.ok_or(KernelError::DeleteFirst)?;
        self.tables.insert((space, missing), table);
        Ok(())
    }

    fn map_page(
        &mut self,
        page: Slot,
        space: Slot,
        address: u64,
        access: Access,
    ) -> Result<(), KernelError> {
        self.may_fail()?;
        let What::Object(Object::Page, _, is_device) = self.get(page)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        assert!(!is_device || access == Access::Device, "a device is cached");
        let space = self.object(space, Object::AddressSpace)?;
        if !address.is_multiple_of(PAGE_SIZE) {
            return Err(KernelError::AlignmentError);
        }
        for bits in self.table_spans() {
            let block = Block {
                bits,
                start: address >> bits << bits,
            };
            if !self.tables.contains_key(&(space, block)) {
                return Err(KernelError::FailedLookup);
            }
        }
        let at = (space, address);
        let place = Place::Root(page.0);
        if self.pages.contains_key(&at) || self.get(page)?.mapped.is_some() {
            return Err(KernelError::DeleteFirst);
        }
        self.pages.insert(at, (place, access));
        if let Some(capability) = self.capabilities.get_mut(&place) {
            capability.mapped = Some(at);
        }
        Ok(())
    }

    fn fill_page(
        &mut self,
        page: Slot,
        offset: u64,
        bytes: &[u8],
        _: bool,
    ) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(page, Object::Page)?;
        assert!(offset + bytes.len() as u64 <= PAGE_SIZE);
        assert_eq!(self.get(page)?.mapped, None);
        Ok(())
    }

    fn quiesce(&mut self, page: Slot, _: u64, _: u32, _: u32) -> Result<bool, KernelError> {
        let capability = self.get(page)?;
        let What::Object(Object::Page, start, true) = capability.what else {
            return Err(KernelError::InvalidCapability);
        };
        assert_eq!(capability.mapped, None);
        Ok(!self.noisy.contains(&start))
    }

    fn take_interrupt(&mut self, interrupt: Interrupt, to: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        let number = interrupt.number;
        if self.interrupts.contains(&number) {
            return Err(KernelError::RevokeFirst);
        }
        let what = What::Interrupt(number);
        self.insert(Place::Root(to.0), Capability::original(what, None))?;
        self.interrupts.insert(number);
        Ok(())
    }

    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(notification, Object::Notification)?;
        let What::Interrupt(number) = self.get(handler)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        self.set_notification(number, Place::Root(notification.0));
        Ok(())
    }

    fn set_time(&mut self, context: Slot, _: Time) -> Result<(), KernelError> {
        self.may_fail()?;
        let context = self.object(context, Object::SchedContext)?;
        self.budgets.push(context);
        Ok(())
    }

    fn exchange_time(&mut self, thread: Slot, from: Slot, to: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        let thread = self.object(thread, Object::Thread)?;
        let from = self.object(from, Object::SchedContext)?;
        let to = self.object(to, Object::SchedContext)?;
        if self.donated.get(&from) != Some(&thread) {
            return Err(KernelError::IllegalOperation);
        }
        self.donated.remove(&from);
        self.lent.push(to);
        Ok(())
    }

    fn start(&mut self, thread: &Thread) -> Result<(), KernelError> {
        self.may_fail()?;
        assert_eq!(thread.sched_context.is_some(), self.mcs);
        if let Some(context) = thread.sched_context {
            let context = self.object(context, Object::SchedContext)?;
            assert!(self.budgets.contains(&context), "a thread without time");
            let is_free = !self.donated.contains_key(&context);
            assert!(is_free, "another thread runs on this time");
            let thread = self.object(thread.thread, Object::Thread)?;
            self.contexts.insert(thread, context);
        }
        self.object(thread.ipc_buffer, Object::Page)?;
        self.object(thread.fault_endpoint, Object::Endpoint)?;
        let cnode = self.object(thread.cnode, Object::CNode(CSPACE_BITS))?;
        let thread = self.object(thread.thread, Object::Thread)?;
        self.threads.insert(cnode, thread);
        self.running.insert(thread);
        Ok(())
    }

    fn signal(&mut self, notification: Slot) -> Result<(), KernelError> {
        self.object(notification, Object::Notification)?;
        let badge = self.get(notification)?.badge;
        self.signals.extend(badge.map(|(badge, _)| badge));
        Ok(())
    }

    fn suspend(&mut self, thread: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        let thread = self.object(thread, Object::Thread)?;
        self.running.remove(&thread);
        Ok(())
    }

    fn invoked(&mut self, thread: Slot) -> Result<u64, KernelError> {
        let thread = self.object(thread, Object::Thread)?;
        Ok(self.invoked.get(&thread).copied().unwrap_or_default())
    }

    fn resume(&mut self, thread: Slot) -> Result<(), KernelError> {
        let thread = self.object(thread, Object::Thread)?;
        self.resumed.push(thread);
        Ok(())
    }
}
