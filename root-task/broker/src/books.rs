// SPDX-License-Identifier: BSD-2-Clause

//! How much memory the broker's books take.
//!
//! Whatever a component gets takes slots, so that its quota of slots bounds what the broker notes for
//! it: a page's slot, its block, the two halves of each split on the way to it, and addresses. Device
//! memory is split from pieces as large as the machine's address space, which is counted for itself.
//!
//! The constants are at least twice what `tests/books.rs` measures, for the gaps that an allocator leaves
//! between what it hands out.

/// The root task's heap, in bytes.
pub const HEAP_BYTES: u64 = 2 * 1024 * 1024;

/// What the books take at most for each slot of a component's quota, in bytes.
pub const BOOKS_PER_SLOT: u64 = 1024;

/// What the books take at most for each device of a component's quota, in bytes.
pub const BOOKS_PER_DEVICE: u64 = 16 * 1024;

/// What the root task needs for all else, in bytes: the audit log, the kernel's list of untyped
/// memory, and the message at hand.
pub const OTHER_BOOKS: u64 = 64 * 1024;
