// SPDX-License-Identifier: BSD-2-Clause

//! The broker's interface to the kernel.

use thiserror::Error;

/// Size of a page in bytes, as a power of two.
pub const PAGE_BITS: u8 = 12;

/// Size of a page in bytes.
pub const PAGE_SIZE: u64 = 1 << PAGE_BITS;

/// Number of slots of a component's CSpace, as a power of two.
pub const CSPACE_BITS: u8 = 8;

/// A slot of the root task's own CSpace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

/// Kernel objects that untyped memory is retyped into (seL4 manual, section 2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// Untyped memory of 2ⁿ bytes.
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
    /// A page table below the root.
    PageTable,
    /// The root page table of an address space.
    AddressSpace,
}

/// Access rights and cacheability of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read-only, cached.
    Read,
    /// Read and write, cached.
    ReadWrite,
    /// Read and execute, cached.
    ReadExecute,
    /// Read and write, neither cached nor reordered.
    Device,
}

/// An interrupt of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Number at the interrupt controller.
    pub number: u32,
    /// Whether a change of its line triggers it, rather than an active line.
    pub is_edge: bool,
}

impl Interrupt {
    /// Whether each core has an interrupt of its own with this number, as the Arm GIC numbers them.
    pub fn is_private(self) -> bool {
        self.number < 32
    }
}

/// Errors of the kernel (seL4 manual, section 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KernelError {
    /// An argument is invalid.
    #[error("invalid argument")]
    InvalidArgument,
    /// A capability is missing or has the wrong type.
    #[error("invalid capability")]
    InvalidCapability,
    /// The operation isn't possible in this state.
    #[error("illegal operation")]
    IllegalOperation,
    /// A value is out of range.
    #[error("range error")]
    RangeError,
    /// An address is not aligned.
    #[error("alignment error")]
    AlignmentError,
    /// A slot or page table is missing.
    #[error("failed lookup")]
    FailedLookup,
    /// The message is too short.
    #[error("truncated message")]
    TruncatedMessage,
    /// The destination slot isn't empty, or the address is mapped.
    #[error("delete first")]
    DeleteFirst,
    /// The capability has derived capabilities.
    #[error("revoke first")]
    RevokeFirst,
    /// The untyped memory is exhausted.
    #[error("not enough memory")]
    NotEnoughMemory,
}

/// Result of an invocation.
pub type KernelResult = Result<(), KernelError>;

/// The time of a component; MCS kernels only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// A number that the kernel tells when this time is used up.
    pub owner: u64,
    /// The core that it is on.
    pub core: u8,
    /// Run time in each period, in microseconds.
    pub budget: u64,
    /// Period in microseconds.
    pub period: u64,
}

/// Parameters of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The thread.
    pub thread: Slot,
    /// Its CNode, of 2^[`CSPACE_BITS`] slots.
    pub cnode: Slot,
    /// Its address space.
    pub address_space: Slot,
    /// The badged endpoint that receives its faults.
    pub fault_endpoint: Slot,
    /// The notification that is bound to it.
    pub notification: Slot,
    /// Its scheduling context; `None` without MCS.
    pub sched_context: Option<Slot>,
    /// The page that holds its IPC buffer.
    pub ipc_buffer: Slot,
    /// Virtual address of the IPC buffer.
    pub ipc_buffer_address: u64,
    /// Virtual address of the first instruction.
    pub entry: u64,
    /// Initial stack pointer.
    pub stack: u64,
    /// Priority; 255 is the highest.
    pub priority: u8,
    /// The core that it runs on; with MCS, its scheduling context decides.
    pub core: u8,
    /// Whether it runs on its callers' time; MCS kernels only.
    pub is_passive: bool,
}

/// Invocations of the kernel.
///
/// # Errors
///
/// Every method returns the kernel's error. If it creates a capability, the slot then stays empty.
pub trait Kernel {
    /// Whether the kernel has MCS scheduling contexts.
    fn is_mcs(&self) -> bool;

    /// Returns the size of `object` in bytes, as a power of two.
    fn object_bits(&self, object: Object) -> u8;

    /// Returns the number of address bits that a page table of each level spans, from the level
    /// below the root to the level that maps pages.
    fn table_spans(&self) -> impl Iterator<Item = u8>;

    /// Creates `object` in the memory of `untyped`.
    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> KernelResult;

    /// Deletes the capability in `slot`.
    fn delete(&mut self, slot: Slot) -> KernelResult;

    /// Deletes every capability that is derived from the one in `slot`.
    fn revoke(&mut self, slot: Slot) -> KernelResult;

    /// Copies a capability within the root task's CSpace.
    fn copy(&mut self, from: Slot, to: Slot, pass: Pass) -> KernelResult;

    /// Copies a capability to slot `index` of a component's `cnode`.
    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> KernelResult;

    /// Deletes the capability in slot `index` of a component's `cnode`, and every capability that is
    /// derived from it, such as one that an interrupt signals.
    fn withdraw(&mut self, cnode: Slot, index: u64) -> KernelResult;

    /// Assigns an ASID to an address space, which makes it usable.
    fn assign_asid(&mut self, address_space: Slot) -> KernelResult;

    /// Maps a page table at the first level that lacks one for `address`.
    fn map_table(&mut self, table: Slot, space: Slot, address: u64) -> KernelResult;

    /// Maps a page.
    fn map_page(&mut self, page: Slot, space: Slot, address: u64, access: Access) -> KernelResult;

    /// Copies `bytes` to `offset` of an unmapped page. If `executable`, it makes them visible to
    /// instruction fetches.
    fn fill_page(
        &mut self,
        page: Slot,
        offset: u64,
        bytes: &[u8],
        executable: bool,
    ) -> KernelResult;

    /// Writes `value` to the 32-bit register at `offset` of a device's unmapped page. Returns whether
    /// the register soon reads as `read_back`.
    fn quiesce(
        &mut self,
        page: Slot,
        offset: u64,
        value: u32,
        read_back: u32,
    ) -> Result<bool, KernelError>;

    /// Creates the handler capability of an interrupt.
    fn take_interrupt(&mut self, interrupt: Interrupt, to: Slot) -> KernelResult;

    /// Enables an interrupt, which then signals `notification`.
    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> KernelResult;

    /// Gives a scheduling context its full budget of run time; MCS kernels only.
    fn set_time(&mut self, context: Slot, time: Time) -> KernelResult;

    /// Takes the scheduling context `from` away from a passive thread, and lends it `to` until it waits
    /// again; MCS kernels only. Fails if the thread doesn't run on `from`.
    fn exchange_time(&mut self, thread: Slot, from: Slot, to: Slot) -> KernelResult;

    /// Configures and starts a thread. A passive thread loses its scheduling context when it waits, and
    /// has it for signals; its `fault_endpoint` also receives that it used up its time.
    fn start(&mut self, thread: &Thread) -> KernelResult;

    /// Signals a notification.
    fn signal(&mut self, notification: Slot) -> KernelResult;

    /// Stops a thread, wherever it runs.
    fn suspend(&mut self, thread: Slot) -> KernelResult;

    /// Returns the slot of the capability that a blocked thread invoked. For a thread that isn't
    /// blocked, the result is arbitrary.
    fn invoked(&mut self, thread: Slot) -> Result<u64, KernelError>;

    /// Makes a blocked thread repeat its system call. A running thread isn't affected.
    fn resume(&mut self, thread: Slot) -> KernelResult;
}

/// Rights and badge of a copied capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Call an endpoint or signal a notification, with this badge.
    Send(u64),
    /// Receive from an endpoint or notification.
    Receive,
    /// All rights of the original, and its badge.
    Whole,
}
