// SPDX-License-Identifier: BSD-2-Clause

//! How much of the root task's heap the broker needs for what it knows of components.
//!
//! Whatever a component gets takes slots, so its quota of slots bounds the heap that the broker needs
//! for it: a page's slot, its block, the two halves of each split on the way to it, and addresses.
//! Device memory is split from pieces as large as the machine's address space, which counts apart.
//!
//! The constants are at least twice what `tests/heap.rs` measures, because an allocator leaves gaps.

/// The root task's heap, in bytes.
pub const HEAP_BYTES: u64 = 2 * 1024 * 1024;

/// Heap for each slot of a component's quota, in bytes.
pub const HEAP_PER_SLOT: u64 = 1024;

/// Heap for each device of a component's quota, in bytes.
pub const HEAP_PER_DEVICE: u64 = 16 * 1024;

/// Heap for all else, in bytes: the audit log, the kernel's list of untyped memory, and the message
/// at hand.
pub const HEAP_FOR_REST: u64 = 64 * 1024;
