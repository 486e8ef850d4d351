// SPDX-License-Identifier: BSD-2-Clause

//! Invokes the kernel for the broker.

use kaal_broker::{
    Access, Interrupt, Kernel, KernelError, KernelResult, Object, Pass, Slot, Thread, Time,
};
use sel4::{
    BootInfoPtr, CapRights, FrameObjectType, ObjectBlueprint, TranslationTableObjectType,
    UserContext, VmAttributes, cap, init_thread, sel4_cfg_bool, sel4_cfg_if, sel4_cfg_wrap_match,
};

use crate::capabilities::{checked, copy, in_component, in_root, kernel_error, page};
use crate::scheduling::Scheduling;
use crate::threads;
use crate::window::Window;

/// The invocations, and the state that they need.
pub(crate) struct Invocations {
    window: Window,
    scheduling: Scheduling,
}

impl Invocations {
    pub(crate) fn new(bootinfo: &BootInfoPtr) -> Result<Self, KernelError> {
        Ok(Self {
            window: Window::open(bootinfo)?,
            scheduling: Scheduling::new(bootinfo),
        })
    }

    /// Limits the root task's own time, on kernels with MCS.
    pub(crate) fn limit_own_time(&self) -> KernelResult {
        self.scheduling.limit_own_time()
    }
}

impl Kernel for Invocations {
    fn is_mcs(&self) -> bool {
        sel4_cfg_bool!(KERNEL_MCS)
    }

    fn object_bits(&self, object: Object) -> u8 {
        // Every object is smaller than 2²⁵⁶ bytes.
        blueprint(object).map_or(0, |blueprint| blueprint.physical_size_bits() as u8)
    }

    fn table_spans(&self) -> impl Iterator<Item = u8> {
        let below_root = (1..sel4::vspace_levels::NUM_LEVELS).rev();
        let index_bits = TranslationTableObjectType::PT.index_bits();
        below_root.map(move |levels| (FrameObjectType::GRANULE.bits() + index_bits * levels) as u8)
    }

    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> KernelResult {
        let root = init_thread::slot::CNODE.cap().absolute_cptr_for_self();
        let blueprint = blueprint(object).ok_or(KernelError::InvalidArgument)?;
        let untyped = cap::Untyped::from_bits(untyped.0);
        checked(untyped.untyped_retype(&blueprint, &root, to.0 as usize, 1))
    }

    fn delete(&mut self, slot: Slot) -> KernelResult {
        checked(in_root(slot).delete())
    }

    fn revoke(&mut self, slot: Slot) -> KernelResult {
        checked(in_root(slot).revoke())
    }

    fn copy(&mut self, from: Slot, to: Slot, pass: Pass) -> KernelResult {
        copy(from, in_root(to), pass)
    }

    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> KernelResult {
        copy(from, in_component(cnode, index), pass)
    }

    fn withdraw(&mut self, cnode: Slot, index: u64) -> KernelResult {
        checked(in_component(cnode, index).revoke())?;
        checked(in_component(cnode, index).delete())
    }

    fn assign_asid(&mut self, address_space: Slot) -> KernelResult {
        let pool = init_thread::slot::ASID_POOL.cap();
        checked(pool.asid_pool_assign(cap::VSpace::from_bits(address_space.0)))
    }

    fn map_table(&mut self, table: Slot, space: Slot, address: u64) -> KernelResult {
        let table = cap::PT::from_bits(table.0);
        let space = cap::VSpace::from_bits(space.0);
        checked(table.pt_map(space, address as usize, VmAttributes::DEFAULT))
    }

    fn map_page(&mut self, slot: Slot, space: Slot, address: u64, access: Access) -> KernelResult {
        let space = cap::VSpace::from_bits(space.0);
        let cached = VmAttributes::PAGE_CACHEABLE;
        let data = cached | VmAttributes::EXECUTE_NEVER;
        let (rights, attributes) = match access {
            Access::Read => (CapRights::read_only(), data),
            Access::ReadWrite => (CapRights::read_write(), data),
            Access::ReadExecute => (CapRights::read_only(), cached),
            Access::Device => (CapRights::read_write(), VmAttributes::EXECUTE_NEVER),
        };
        checked(page(slot).frame_map(space, address as usize, rights, attributes))
    }

    fn fill_page(
        &mut self,
        slot: Slot,
        offset: u64,
        bytes: &[u8],
        executable: bool,
    ) -> KernelResult {
        self.window
            .copy(page(slot), offset as usize, bytes, executable)
    }

    fn quiesce(
        &mut self,
        slot: Slot,
        offset: u64,
        value: u32,
        read_back: u32,
    ) -> Result<bool, KernelError> {
        self.window
            .quiesce(page(slot), offset as usize, value, read_back)
    }

    fn take_interrupt(&mut self, interrupt: Interrupt, to: Slot) -> KernelResult {
        let control = init_thread::slot::IRQ_CONTROL.cap();
        let number = interrupt.number.into();
        sel4_cfg_if! {
            if #[sel4_cfg(not(MAX_NUM_NODES = "1"))] {
                // Each core has interrupts of its own with these numbers. Components run on the first core.
                if interrupt.is_private() {
                    return checked(control.irq_control_get_trigger_core(
                        number,
                        interrupt.is_edge,
                        0,
                        &in_root(to),
                    ));
                }
            }
        }
        checked(control.irq_control_get_trigger(number, interrupt.is_edge, &in_root(to)))
    }

    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> KernelResult {
        let handler = cap::IrqHandler::from_bits(handler.0);
        let notification = cap::Notification::from_bits(notification.0);
        checked(handler.irq_handler_set_notification(notification))?;
        checked(handler.irq_handler_ack())
    }

    fn set_time(&mut self, context: Slot, time: Time) -> KernelResult {
        self.scheduling.set_time(context, time)
    }

    fn exchange_time(&mut self, thread: Slot, from: Slot, to: Slot) -> KernelResult {
        self.scheduling.exchange_time(thread, from, to)
    }

    fn start(&mut self, thread: &Thread) -> KernelResult {
        self.scheduling.configure(thread)?;
        let tcb = cap::Tcb::from_bits(thread.thread.0);
        let notification = cap::Notification::from_bits(thread.notification.0);
        checked(tcb.tcb_bind_notification(notification))?;
        let mut context = UserContext::default();
        *context.pc_mut() = thread.entry;
        *context.sp_mut() = thread.stack;
        *context.c_param_mut(0) = thread.ipc_buffer_address;
        threads::note(thread.thread, true);
        checked(tcb.tcb_write_all_registers(true, &mut context))
    }

    fn signal(&mut self, notification: Slot) -> KernelResult {
        cap::Notification::from_bits(notification.0).signal();
        Ok(())
    }

    fn suspend(&mut self, thread: Slot) -> KernelResult {
        // Even if the kernel fails: the broker frees the slot next.
        threads::note(thread, false);
        checked(cap::Tcb::from_bits(thread.0).tcb_suspend())
    }

    fn invoked(&mut self, thread: Slot) -> Result<u64, KernelError> {
        let context = cap::Tcb::from_bits(thread.0).tcb_read_all_registers(false);
        // A system call takes its capability in the first register, and a blocked thread keeps it.
        Ok(*context.map_err(kernel_error)?.c_param(0))
    }

    fn resume(&mut self, thread: Slot) -> KernelResult {
        // A resumed thread repeats the system call that it was blocked in.
        threads::note(thread, true);
        checked(cap::Tcb::from_bits(thread.0).tcb_resume())
    }
}

/// Returns the kernel's description of an object; `None` if it has no such objects.
fn blueprint(object: Object) -> Option<ObjectBlueprint> {
    Some(sel4_cfg_wrap_match! {
        match object {
            Object::Untyped(bits) => ObjectBlueprint::Untyped {
                size_bits: bits.into(),
            },
            Object::Endpoint => ObjectBlueprint::Endpoint,
            Object::Notification => ObjectBlueprint::Notification,
            Object::CNode(bits) => ObjectBlueprint::CNode {
                size_bits: bits.into(),
            },
            Object::Thread => ObjectBlueprint::Tcb,
            #[sel4_cfg(KERNEL_MCS)]
            Object::SchedContext => ObjectBlueprint::SchedContext {
                size_bits: sel4::sys::seL4_MinSchedContextBits as usize,
            },
            #[sel4_cfg(KERNEL_MCS)]
            Object::Reply => ObjectBlueprint::Reply,
            #[sel4_cfg(not(KERNEL_MCS))]
            Object::SchedContext | Object::Reply => return None,
            Object::Page => FrameObjectType::GRANULE.blueprint(),
            Object::PageTable => TranslationTableObjectType::PT.blueprint(),
            Object::AddressSpace => TranslationTableObjectType::VSpace.blueprint(),
        }
    })
}
