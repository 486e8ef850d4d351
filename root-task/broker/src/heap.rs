// SPDX-License-Identifier: BSD-2-Clause

//! The root task's heap, and how much of it the broker needs.
//!
//! Everything that a component gets takes slots, so its quota of slots limits the heap that the
//! broker needs for it. The heap holds slots, blocks with the halves of each split, and addresses.
//! Device memory is split from pieces as large as the machine's address space, so devices count
//! apart.
//!
//! The constants are at least twice the values that `tests/heap.rs` measures, because allocators
//! leave gaps.

/// The root task's heap, in bytes.
pub const HEAP_BYTES: u64 = 2 * 1024 * 1024;

/// Heap for each slot of a component's quota, in bytes.
pub const HEAP_PER_SLOT: u64 = 1024;

/// Heap for each device of a component's quota, in bytes.
pub const HEAP_PER_DEVICE: u64 = 16 * 1024;

/// Heap for everything else, in bytes: the audit log, the kernel's list of untyped memory, and the
/// current message.
pub const HEAP_FOR_REST: u64 = 64 * 1024;
