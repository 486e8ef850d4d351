// SPDX-License-Identifier: BSD-2-Clause

//! Capabilities by slot, and errors of the kernel.

use kaal_broker::{CSPACE_BITS, KernelError, KernelResult, Pass, Slot};
use sel4::{AbsoluteCPtr, CPtr, CapRights, CapRightsBuilder, cap, init_thread};

/// Returns the capability of a page.
pub(crate) fn page(slot: Slot) -> cap::Granule {
    cap::Granule::from_bits(slot.0)
}

/// Returns a slot of the root task's CSpace.
pub(crate) fn in_root(slot: Slot) -> AbsoluteCPtr {
    let root = init_thread::slot::CNODE.cap();
    root.absolute_cptr(CPtr::from_bits(slot.0))
}

/// Returns a slot of a component's CSpace.
pub(crate) fn in_component(cnode: Slot, index: u64) -> AbsoluteCPtr {
    let cnode = cap::CNode::from_bits(cnode.0);
    cnode.absolute_cptr_from_bits_with_depth(index, CSPACE_BITS.into())
}

/// Copies a capability. [`Pass::Send`] allows sending and being answered, but neither receiving nor
/// passing on capabilities.
pub(crate) fn copy(from: Slot, to: AbsoluteCPtr, pass: Pass) -> KernelResult {
    let from = in_root(from);
    let to_call = CapRightsBuilder::none().write(true).grant_reply(true);
    checked(match pass {
        Pass::Send(badge) => to.mint(&from, to_call.build(), badge),
        Pass::Receive => to.copy(&from, CapRights::read_only()),
        Pass::Whole => to.copy(&from, CapRights::all()),
    })
}

/// Converts the result of an invocation.
pub(crate) fn checked(result: Result<(), sel4::Error>) -> KernelResult {
    result.map_err(kernel_error)
}

/// Converts an error of the kernel.
pub(crate) fn kernel_error(error: sel4::Error) -> KernelError {
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
