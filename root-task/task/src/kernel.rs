// SPDX-License-Identifier: BSD-2-Clause

//! Carries out by invocations what the broker decides.

use kaal_broker::{
    CSPACE_BITS, Kernel, KernelError, Memory, Object, Pass, Rights, Slot, Thread, Trigger,
};
use sel4::{
    AbsoluteCPtr, BootInfoPtr, CPtr, CapRights, CapRightsBuilder, FrameObjectType, ObjectBlueprint,
    TranslationTableObjectType, UserContext, VmAttributes, cap, init_thread, sel4_cfg_bool,
    sel4_cfg_if,
};

use crate::scheduling::Scheduling;
use crate::window::Window;

/// The kernel, as the root task reaches it.
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
}

impl Kernel for Invocations {
    fn is_mcs(&self) -> bool {
        sel4_cfg_bool!(KERNEL_MCS)
    }

    fn object_bits(&self, object: Object) -> u8 {
        // Every object is smaller than 2²⁵⁶ bytes.
        blueprint(object).map_or(0, |blueprint| blueprint.physical_size_bits() as u8)
    }

    fn table_spans(&self) -> &'static [u8] {
        TABLE_SPANS
    }

    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> Result<(), KernelError> {
        let root = init_thread::slot::CNODE.cap().absolute_cptr_for_self();
        let blueprint = blueprint(object).ok_or(KernelError::InvalidArgument)?;
        cap::Untyped::from_bits(untyped.0)
            .untyped_retype(&blueprint, &root, to.0 as usize, 1)
            .map_err(error)
    }

    fn delete(&mut self, slot: Slot) -> Result<(), KernelError> {
        in_root(slot).delete().map_err(error)
    }

    fn revoke(&mut self, slot: Slot) -> Result<(), KernelError> {
        in_root(slot).revoke().map_err(error)
    }

    fn copy(&mut self, from: Slot, to: Slot) -> Result<(), KernelError> {
        in_root(to)
            .copy(&in_root(from), CapRights::all())
            .map_err(error)
    }

    fn mint(&mut self, from: Slot, to: Slot, badge: u64) -> Result<(), KernelError> {
        in_root(to)
            .mint(&in_root(from), CapRights::all(), badge)
            .map_err(error)
    }

    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> Result<(), KernelError> {
        let to = in_component(cnode, index);
        match pass {
            Pass::Send(badge) => to.mint(&in_root(from), to_call(), badge),
            Pass::Receive => to.copy(&in_root(from), CapRights::read_only()),
            Pass::Whole => to.copy(&in_root(from), CapRights::all()),
        }
        .map_err(error)
    }

    fn withdraw(&mut self, cnode: Slot, index: u64) -> Result<(), KernelError> {
        in_component(cnode, index).delete().map_err(error)
    }

    fn assign_asid(&mut self, address_space: Slot) -> Result<(), KernelError> {
        init_thread::slot::ASID_POOL
            .cap()
            .asid_pool_assign(cap::VSpace::from_bits(address_space.0))
            .map_err(error)
    }

    fn map_table(
        &mut self,
        table: Slot,
        address_space: Slot,
        address: u64,
    ) -> Result<(), KernelError> {
        let space = cap::VSpace::from_bits(address_space.0);
        cap::PT::from_bits(table.0)
            .pt_map(space, address as usize, VmAttributes::DEFAULT)
            .map_err(error)
    }

    fn map_page(
        &mut self,
        slot: Slot,
        address_space: Slot,
        address: u64,
        rights: Rights,
        memory: Memory,
    ) -> Result<(), KernelError> {
        let space = cap::VSpace::from_bits(address_space.0);
        let cached = match memory {
            Memory::Normal => VmAttributes::PAGE_CACHEABLE,
            Memory::Device => VmAttributes::NONE,
        };
        let (rights, attributes) = match rights {
            Rights::Read => (CapRights::read_only(), cached | VmAttributes::EXECUTE_NEVER),
            Rights::ReadWrite => (
                CapRights::read_write(),
                cached | VmAttributes::EXECUTE_NEVER,
            ),
            Rights::ReadExecute => (CapRights::read_only(), cached),
        };
        page(slot)
            .frame_map(space, address as usize, rights, attributes)
            .map_err(error)
    }

    fn fill_page(
        &mut self,
        slot: Slot,
        offset: u64,
        bytes: &[u8],
        executable: bool,
    ) -> Result<(), KernelError> {
        self.window
            .copy(page(slot), offset as usize, bytes, executable)
    }

    fn take_interrupt(
        &mut self,
        interrupt: u32,
        trigger: Trigger,
        to: Slot,
    ) -> Result<(), KernelError> {
        let is_edge = trigger == Trigger::Edge;
        init_thread::slot::IRQ_CONTROL
            .cap()
            .irq_control_get_trigger(interrupt.into(), is_edge, &in_root(to))
            .map_err(error)
    }

    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> Result<(), KernelError> {
        let handler = cap::IrqHandler::from_bits(handler.0);
        handler
            .irq_handler_set_notification(cap::Notification::from_bits(notification.0))
            .and_then(|()| handler.irq_handler_ack())
            .map_err(error)
    }

    fn start(&mut self, thread: &Thread) -> Result<(), KernelError> {
        self.scheduling.configure(thread)?;
        let tcb = cap::Tcb::from_bits(thread.thread.0);
        tcb.tcb_bind_notification(cap::Notification::from_bits(thread.notification.0))
            .map_err(error)?;
        let mut context = UserContext::default();
        *context.pc_mut() = thread.entry;
        *context.sp_mut() = thread.stack;
        *context.c_param_mut(0) = thread.ipc_buffer_address;
        tcb.tcb_write_all_registers(true, &mut context)
            .map_err(error)
    }

    fn signal(&mut self, notification: Slot) -> Result<(), KernelError> {
        cap::Notification::from_bits(notification.0).signal();
        Ok(())
    }

    fn ask_again(&mut self, thread: Slot) -> Result<(), KernelError> {
        // Resuming a thread that is blocked lets it execute its system call once more.
        cap::Tcb::from_bits(thread.0).tcb_resume().map_err(error)
    }
}

/// What the tables below the root of an address space span.
const TABLE_SPANS: &[u8] = &{
    const LEVELS: usize = sel4::vspace_levels::NUM_LEVELS;
    let mut spans = [0; LEVELS - 1];
    let mut level = 1;
    while level < LEVELS {
        let index_bits = TranslationTableObjectType::PT.index_bits() * (LEVELS - level);
        spans[level - 1] = (FrameObjectType::GRANULE.bits() + index_bits) as u8;
        level += 1;
    }
    spans
};

/// How the kernel calls an object; `None` where it has no such objects.
fn blueprint(object: Object) -> Option<ObjectBlueprint> {
    Some(match object {
        Object::Untyped(bits) => ObjectBlueprint::Untyped {
            size_bits: bits.into(),
        },
        Object::Endpoint => ObjectBlueprint::Endpoint,
        Object::Notification => ObjectBlueprint::Notification,
        Object::CNode(bits) => ObjectBlueprint::CNode {
            size_bits: bits.into(),
        },
        Object::Thread => ObjectBlueprint::Tcb,
        Object::SchedContext => return sched_context(),
        Object::Reply => return reply(),
        Object::Page => FrameObjectType::GRANULE.blueprint(),
        Object::PageTable => TranslationTableObjectType::PT.blueprint(),
        Object::AddressSpace => TranslationTableObjectType::VSpace.blueprint(),
    })
}

sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        fn sched_context() -> Option<ObjectBlueprint> {
            let size_bits = sel4::sys::seL4_MinSchedContextBits as usize;
            Some(ObjectBlueprint::SchedContext { size_bits })
        }

        fn reply() -> Option<ObjectBlueprint> {
            Some(ObjectBlueprint::Reply)
        }
    } else {
        fn sched_context() -> Option<ObjectBlueprint> {
            None
        }

        fn reply() -> Option<ObjectBlueprint> {
            None
        }
    }
}

pub(crate) fn page(slot: Slot) -> cap::Granule {
    cap::Granule::from_bits(slot.0)
}

pub(crate) fn in_root(slot: Slot) -> AbsoluteCPtr {
    let root = init_thread::slot::CNODE.cap();
    root.absolute_cptr(CPtr::from_bits(slot.0))
}

pub(crate) fn in_component(cnode: Slot, index: u64) -> AbsoluteCPtr {
    let cnode = cap::CNode::from_bits(cnode.0);
    cnode.absolute_cptr_from_bits_with_depth(index, CSPACE_BITS.into())
}

/// The rights to send and to be answered, but none to receive or to pass on capabilities.
pub(crate) fn to_call() -> CapRights {
    let rights = CapRightsBuilder::none().write(true).grant_reply(true);
    rights.build()
}

/// The kernel's error in the broker's words.
pub(crate) fn error(error: sel4::Error) -> KernelError {
    match error {
        sel4::Error::InvalidArgument => KernelError::InvalidArgument,
        sel4::Error::InvalidCapability => KernelError::InvalidCapability,
        sel4::Error::IllegalOperation => KernelError::IllegalOperation,
        sel4::Error::RangeError => KernelError::RangeError,
        sel4::Error::AlignmentError => KernelError::AlignmentError,
        sel4::Error::FailedLookup => KernelError::FailedLookup,
        sel4::Error::TruncatedMessage => KernelError::TruncatedMessage,
        sel4::Error::DeleteFirst => KernelError::DeleteFirst,
        sel4::Error::RevokeFirst => KernelError::RevokeFirst,
        sel4::Error::NotEnoughMemory => KernelError::NotEnoughMemory,
    }
}
