// SPDX-License-Identifier: BSD-2-Clause

//! Configures threads, which differs between kernels with and without MCS.

use kaal_broker::{CSPACE_BITS, KernelResult, Thread};
use sel4::{BootInfoPtr, CNodeCapData, cap, init_thread, sel4_cfg_if};

use crate::capabilities::{checked, page};

/// The highest priority that a component may set: the lowest there is.
const MAXIMUM_CONTROLLED_PRIORITY: u64 = 0;

fn cspace() -> CNodeCapData {
    CNodeCapData::skip_high_bits(CSPACE_BITS.into())
}

sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        use kaal_broker::KernelError;

        /// Gives threads time by scheduling contexts.
        pub(crate) struct Scheduling(cap::SchedControl);

        impl Scheduling {
            /// For the core that the root task runs on.
            pub(crate) fn new(bootinfo: &BootInfoPtr) -> Self {
                Self(bootinfo.sched_control().index(0).cap())
            }

            /// Sets a thread's CSpace, address space, priority, time and fault endpoint.
            pub(crate) fn configure(&self, thread: &Thread) -> KernelResult {
                const EXTRA_REFILLS: u64 = 0;
                const BADGE: u64 = 0;
                const FLAGS: u64 = 0;
                let tcb = cap::Tcb::from_bits(thread.thread.0);
                let context = thread.sched_context.ok_or(KernelError::InvalidCapability)?;
                let context = cap::SchedContext::from_bits(context.0);
                checked(self.0.sched_control_configure_flags(
                    context,
                    thread.budget,
                    thread.period,
                    EXTRA_REFILLS,
                    BADGE,
                    FLAGS,
                ))?;
                checked(tcb.tcb_configure(
                    cap::CNode::from_bits(thread.cnode.0),
                    cspace(),
                    cap::VSpace::from_bits(thread.address_space.0),
                    thread.ipc_buffer_address,
                    page(thread.ipc_buffer),
                ))?;
                checked(tcb.tcb_set_sched_params(
                    init_thread::slot::TCB.cap(),
                    MAXIMUM_CONTROLLED_PRIORITY,
                    thread.priority.into(),
                    context,
                    cap::Endpoint::from_bits(thread.fault_endpoint.0),
                ))
            }
        }
    } else {
        use kaal_broker::Pass;
        use kaal_protocol::slots;
        use sel4::CPtr;

        use crate::capabilities::{copy, in_component};

        /// Threads share time by priority.
        pub(crate) struct Scheduling;

        impl Scheduling {
            pub(crate) fn new(_: &BootInfoPtr) -> Self {
                Self
            }

            /// Sets a thread's CSpace, address space, priority and fault endpoint. The kernel looks
            /// up the fault endpoint in the thread's own CSpace, so the thread can use it too. That
            /// capability therefore has no right to receive.
            pub(crate) fn configure(&self, thread: &Thread) -> KernelResult {
                let fault_slot = in_component(thread.cnode, slots::FAULT);
                copy(thread.fault_endpoint, fault_slot, Pass::Whole)?;
                let tcb = cap::Tcb::from_bits(thread.thread.0);
                checked(tcb.tcb_configure(
                    CPtr::from_bits(slots::FAULT),
                    cap::CNode::from_bits(thread.cnode.0),
                    cspace(),
                    cap::VSpace::from_bits(thread.address_space.0),
                    thread.ipc_buffer_address,
                    page(thread.ipc_buffer),
                ))?;
                let authority = init_thread::slot::TCB.cap();
                let priority = thread.priority.into();
                checked(tcb.tcb_set_sched_params(authority, MAXIMUM_CONTROLLED_PRIORITY, priority))
            }
        }
    }
}
