// SPDX-License-Identifier: BSD-2-Clause

//! What the broker asks of the kernel.

use thiserror::Error;

/// Size of a page as a power of two, in bytes.
pub const PAGE_BITS: u8 = 12;

/// Size of a page in bytes.
pub const PAGE_SIZE: u64 = 1 << PAGE_BITS;

/// Slots of a component's CSpace as a power of two.
pub const CSPACE_BITS: u8 = 8;

/// A slot of the root task's own CSpace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

/// What untyped memory is turned into (seL4 manual, section 2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A smaller piece of untyped memory, of 2ⁿ bytes.
    Untyped(u8),
    /// An endpoint.
    Endpoint,
    /// A notification.
    Notification,
    /// A CNode with 2ⁿ slots.
    CNode(u8),
    /// A thread.
    Thread,
    /// A scheduling context; MCS kernels only.
    SchedContext,
    /// A reply object; MCS kernels only.
    Reply,
    /// A page of [`PAGE_SIZE`] bytes.
    Page,
    /// A translation table below the root.
    PageTable,
    /// The root translation table of an address space.
    AddressSpace,
}

/// How a page is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Cached memory, to read.
    Read,
    /// Cached memory, to read and write.
    ReadWrite,
    /// Cached memory, to read and execute.
    ReadExecute,
    /// To read and write, neither cached nor reordered.
    Device,
}

/// When an interrupt is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Once, when the line changes.
    Edge,
    /// As long as the line is active.
    Level,
}

/// An interrupt of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// The number that the interrupt controller gives it.
    pub number: u32,
    /// When it is signalled.
    pub trigger: Trigger,
}

/// Why the kernel refused (seL4 manual, section 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KernelError {
    /// An argument makes no sense to the kernel.
    #[error("invalid argument")]
    InvalidArgument,
    /// A capability is missing or of another type.
    #[error("invalid capability")]
    InvalidCapability,
    /// The operation is not possible in this state.
    #[error("illegal operation")]
    IllegalOperation,
    /// A value is out of range.
    #[error("range error")]
    RangeError,
    /// An address is not aligned.
    #[error("alignment error")]
    AlignmentError,
    /// A slot or a translation table could not be found.
    #[error("failed lookup")]
    FailedLookup,
    /// The message is too short.
    #[error("truncated message")]
    TruncatedMessage,
    /// The destination is in use.
    #[error("delete first")]
    DeleteFirst,
    /// Capabilities are derived from this one.
    #[error("revoke first")]
    RevokeFirst,
    /// The untyped memory is used up.
    #[error("not enough memory")]
    NotEnoughMemory,
}

/// What an invocation returns.
pub type KernelResult = Result<(), KernelError>;

/// All that a thread is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The thread.
    pub thread: Slot,
    /// Its CNode, of 2^[`CSPACE_BITS`] slots.
    pub cnode: Slot,
    /// Its address space.
    pub address_space: Slot,
    /// The endpoint, already badged, that its faults go to.
    pub fault_endpoint: Slot,
    /// The notification bound to it.
    pub notification: Slot,
    /// Its scheduling context; `None` without MCS.
    pub sched_context: Option<Slot>,
    /// The page of its IPC buffer.
    pub ipc_buffer: Slot,
    /// Where that page lies in its address space.
    pub ipc_buffer_address: u64,
    /// First instruction.
    pub entry: u64,
    /// Initial stack pointer.
    pub stack: u64,
    /// Priority, 255 being the highest.
    pub priority: u8,
    /// Time that it may run in each period, in microseconds; has no effect without MCS.
    pub budget: u64,
    /// The period, in microseconds; has no effect without MCS.
    pub period: u64,
}

/// What the kernel is asked for.
///
/// # Errors
///
/// Every method returns the kernel's own error where it refuses. Nothing has changed then.
pub trait Kernel {
    /// Whether the kernel schedules by scheduling contexts.
    fn is_mcs(&self) -> bool;

    /// Size of `object` in untyped memory as a power of two, in bytes.
    fn object_bits(&self, object: Object) -> u8;

    /// Address bits that a translation table of each level below the root spans, from the highest
    /// level to the one that holds pages.
    fn table_spans(&self) -> impl Iterator<Item = u8>;

    /// Turns a part of the memory of `untyped` into `object`.
    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> KernelResult;

    /// Deletes the capability in `slot`.
    fn delete(&mut self, slot: Slot) -> KernelResult;

    /// Deletes every capability derived from the one in `slot`.
    fn revoke(&mut self, slot: Slot) -> KernelResult;

    /// Copies a capability within the root task's CSpace.
    fn copy(&mut self, from: Slot, to: Slot, pass: Pass) -> KernelResult;

    /// Copies a capability into slot `index` of a component's `cnode`.
    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> KernelResult;

    /// Deletes the capability in slot `index` of a component's `cnode`.
    fn withdraw(&mut self, cnode: Slot, index: u64) -> KernelResult;

    /// Lets an address space be used.
    fn assign_asid(&mut self, address_space: Slot) -> KernelResult;

    /// Maps a translation table where the first one is missing on the way to `address`.
    fn map_table(&mut self, table: Slot, space: Slot, address: u64) -> KernelResult;

    /// Maps a page.
    fn map_page(&mut self, page: Slot, space: Slot, address: u64, access: Access) -> KernelResult;

    /// Copies `bytes` to `offset` of a page that is not mapped anywhere. `executable` pages are made
    /// visible to instruction fetches.
    fn fill_page(
        &mut self,
        page: Slot,
        offset: u64,
        bytes: &[u8],
        executable: bool,
    ) -> KernelResult;

    /// Creates the capability to handle `interrupt`.
    fn take_interrupt(&mut self, interrupt: Interrupt, to: Slot) -> KernelResult;

    /// Lets the interrupt signal `notification`, from now on.
    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> KernelResult;

    /// Starts a thread.
    fn start(&mut self, thread: &Thread) -> KernelResult;

    /// Signals a notification by a capability with a badge.
    fn signal(&mut self, notification: Slot) -> KernelResult;

    /// Lets a thread that waits for an answer that can't come ask again. A thread that runs is not
    /// disturbed.
    fn resume(&mut self, thread: Slot) -> KernelResult;
}

/// With which rights and badge a capability is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// To call an endpoint or signal a notification, with a badge.
    Send(u64),
    /// To receive from an endpoint or notification.
    Receive,
    /// As it is.
    Whole,
}
