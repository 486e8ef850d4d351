// SPDX-License-Identifier: BSD-2-Clause

//! Configures threads, which differs between kernels with and without MCS.

use kaal_broker::{CSPACE_BITS, KernelError, KernelResult, Slot, Thread, Time};
use sel4::{BootInfoPtr, CNodeCapData, cap, init_thread, sel4_cfg_if};

use crate::capabilities::{checked, page};

/// The highest priority that a component may set: the lowest there is.
const MAXIMUM_CONTROLLED_PRIORITY: u64 = 0;

fn cspace() -> CNodeCapData {
    CNodeCapData::skip_high_bits(CSPACE_BITS.into())
}

sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        use alloc::vec::Vec;

        use sel4::sys::seL4_SchedContextFlag;

        /// The root task's run time in each period, in microseconds, once the system runs. All
        /// requests, faults and restarts together take no more from the components.
        const OWN_TIME: Time = Time {
            owner: 0,
            core: 0,
            budget: 800,
            period: 10_000,
        };

        /// Gives threads time by scheduling contexts.
        pub(crate) struct Scheduling(Vec<cap::SchedControl>);

        impl Scheduling {
            /// For all cores.
            pub(crate) fn new(bootinfo: &BootInfoPtr) -> Self {
                let controls = bootinfo.sched_control();
                Self((0..controls.len()).map(|core| controls.index(core).cap()).collect())
            }

            /// Sets core, budget and period of a scheduling context. Time that isn't used in a period
            /// is lost, rather than made up for later.
            pub(crate) fn set_time(&self, context: Slot, time: Time) -> KernelResult {
                const EXTRA_REFILLS: u64 = 0;
                const FLAGS: u64 = seL4_SchedContextFlag::seL4_SchedContext_Sporadic;
                let context = cap::SchedContext::from_bits(context.0);
                let control = self.0.get(usize::from(time.core));
                let control = control.ok_or(KernelError::RangeError)?;
                checked(control.sched_control_configure_flags(
                    context, time.budget, time.period, EXTRA_REFILLS, time.owner, FLAGS,
                ))
            }

            /// Limits the root task's own time.
            pub(crate) fn limit_own_time(&self) -> KernelResult {
                let own = Slot(init_thread::slot::SC.cap().bits());
                self.set_time(own, OWN_TIME)
            }

            /// Sets a thread's CSpace, address space, priority, time and fault endpoint.
            pub(crate) fn configure(&self, thread: &Thread) -> KernelResult {
                let tcb = cap::Tcb::from_bits(thread.thread.0);
                let context = thread.sched_context.ok_or(KernelError::InvalidCapability)?;
                let context = cap::SchedContext::from_bits(context.0);
                checked(tcb.tcb_configure(
                    cap::CNode::from_bits(thread.cnode.0),
                    cspace(),
                    cap::VSpace::from_bits(thread.address_space.0),
                    thread.ipc_buffer_address,
                    page(thread.ipc_buffer),
                ))?;
                let fault_endpoint = cap::Endpoint::from_bits(thread.fault_endpoint.0);
                checked(tcb.tcb_set_sched_params(
                    init_thread::slot::TCB.cap(),
                    MAXIMUM_CONTROLLED_PRIORITY,
                    thread.priority.into(),
                    context,
                    fault_endpoint,
                ))?;
                if thread.is_passive {
                    // The kernel takes a thread's scheduling context when the thread waits, if its
                    // notification has the same one (`maybeReturnSchedContext`).
                    bind(context, thread.notification)?;
                    checked(tcb.tcb_set_timeout_endpoint(fault_endpoint))?;
                }
                Ok(())
            }

            /// Takes a scheduling context away from a thread, and gives it another one.
            pub(crate) fn exchange_time(&self, thread: Slot, from: Slot, to: Slot) -> KernelResult {
                let status = sel4::with_ipc_buffer_mut(|buffer| {
                    let buffer = buffer.inner_mut();
                    buffer.seL4_SchedContext_UnbindObject(from.0, thread.0)
                });
                checked(sel4::Error::from_sys(status).map_or(Ok(()), Err))?;
                bind(cap::SchedContext::from_bits(to.0), thread)
            }
        }

        /// Binds a scheduling context to a thread or notification.
        fn bind(context: cap::SchedContext, to: Slot) -> KernelResult {
            let status = sel4::with_ipc_buffer_mut(|buffer| {
                let buffer = buffer.inner_mut();
                buffer.seL4_SchedContext_Bind(context.bits(), to.0)
            });
            checked(sel4::Error::from_sys(status).map_or(Ok(()), Err))
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

            pub(crate) fn set_time(&self, _: Slot, _: Time) -> KernelResult {
                Err(KernelError::IllegalOperation)
            }

            pub(crate) fn exchange_time(&self, _: Slot, _: Slot, _: Slot) -> KernelResult {
                Err(KernelError::IllegalOperation)
            }

            pub(crate) fn limit_own_time(&self) -> KernelResult {
                Ok(())
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
                checked(tcb.tcb_set_sched_params(authority, MAXIMUM_CONTROLLED_PRIORITY, priority))?;
                set_core(tcb, thread.core)
            }
        }
    }
}

sel4_cfg_if! {
    if #[sel4_cfg(all(not(KERNEL_MCS), not(MAX_NUM_NODES = "1")))] {
        /// Moves a thread to another core.
        fn set_core(tcb: cap::Tcb, core: u8) -> KernelResult {
            checked(tcb.tcb_set_affinity(core.into()))
        }
    } else if #[sel4_cfg(not(KERNEL_MCS))] {
        fn set_core(_: cap::Tcb, core: u8) -> KernelResult {
            (core == 0).then_some(()).ok_or(KernelError::RangeError)
        }
    }
}
