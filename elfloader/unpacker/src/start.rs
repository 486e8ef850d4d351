// SPDX-License-Identifier: BSD-2-Clause

//! The entry point: the unpacker moves itself out of its own way.
//!
//! Until then, it runs without a stack, at an address that nobody chose, and perhaps in flash. So it writes no
//! memory but the slot that it moves to.

use core::arch::naked_asm;
use core::mem::offset_of;
use core::sync::atomic::AtomicU64;

use kaal_payload::{
    HEADER_ALIGNMENT, LOCATOR_OFFSET, Locator, PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, ROOM_SIZE,
};
use kaal_runtime::cache;
use kaal_runtime::entry::{Main, STACKS, start};
use kaal_runtime::registers::SCTLR_M;
use kaal_runtime::state::HAD_CACHES;
use kaal_runtime::takeover::take_over;

/// The value of [`PACKAGE`] in an unpacker that hasn't moved.
pub(crate) const NOT_MOVED: u64 = u64::MAX;

/// Address of the package.
pub(crate) static PACKAGE: AtomicU64 = AtomicU64::new(NOT_MOVED);

const _: Main = crate::main;

/// The package's entry point.
///
/// Jump here with the firmware's x0, at EL1, EL2 or EL3. The MMU and interrupts may be on.
///
/// x24 is 1 if the firmware left the data cache on, x20 is the firmware's x0, x21 the package's address, x22 the header's. From the [`Locator`]: x4 is first the
/// address of the working memory, later that of the slot; x5 is the slot's size, x6 the package's.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        "adr     x9, __ehdr_start",
        "adrp    x10, _edata",
        "add     x10, x10, :lo12:_edata",
        "add     x10, x10, #{header_alignment}",
        "add     x10, x10, #{header_max_size}",
        "bl      {take_over}",
        "mov     x24, x12",
        // The slot lies at its physical address.
        "tbnz    x13, #{sctlr_m}, {begin_in_place}",
        "mov     x20, x0",
        // At EL3 there is no firmware that holds back the other cores. They can't wait here, because this memory may be
        // overwritten, so they sleep for ever.
        "mrs     x9, CurrentEL",
        "cmp     x9, #{el3}",
        "b.ne    1f",
        "mrs     x9, mpidr_el1",
        "and     x9, x9, #~{no_affinity}",
        "cbnz    x9, {rest}",
        "1:",
        "adr     x21, __ehdr_start",
        "adrp    x22, _edata",
        "add     x22, x22, :lo12:_edata",
        "add     x22, x22, #{header_alignment} - 1",
        "and     x22, x22, #-{header_alignment}",
        "add     x9, x22, #{locator}",
        "ldp     x4, x5, [x9, #{work_start_slot_size}]",
        "ldp     x6, x7, [x9, #{package_size_check}]",
        "eor     x9, x4, x5",
        "eon     x9, x9, x6",
        "cmp     x9, x7",
        "b.ne    {begin_in_place}",
        // As kaal_payload::Scratch::place. Find the area that the package doesn't overlap; x8 is an area's size.
        "mov     x10, #{room_size}",
        "add     x8, x10, x5, lsl #1",
        "sub     x9, x4, x21",
        "cmp     x9, x6",
        "b.lo    2f",
        "sub     x9, x21, x4",
        "cmp     x9, x8",
        "b.hs    3f",
        "2:",
        "add     x4, x4, x8",
        "add     x9, x6, #{page_size} - 1",
        "and     x9, x9, #-{page_size}",
        "add     x4, x4, x9",
        "3:",
        // Find the slot in it that the firmware's device tree doesn't overlap.
        "sub     x9, x4, x20",
        "cmp     x9, x10",
        "b.lo    4f",
        "sub     x9, x20, x4",
        "cmp     x9, x5",
        "b.hs    5f",
        "4:",
        "add     x4, x4, x5",
        "add     x4, x4, x10",
        "5:",
        "b       {move_to_slot}",
        take_over = sym take_over,
        sctlr_m = const SCTLR_M.ilog2(),
        header_max_size = const PACKAGE_HEADER_MAX_SIZE,
        el3 = const 3 << 2,
        no_affinity = const 0xff00_0000u64,
        rest = sym kaal_runtime::stop::park,
        header_alignment = const HEADER_ALIGNMENT,
        locator = const LOCATOR_OFFSET,
        work_start_slot_size = const offset_of!(Locator, work_start),
        package_size_check = const offset_of!(Locator, package_size),
        begin_in_place = sym begin_in_place,
        room_size = const ROOM_SIZE,
        page_size = const PAGE_SIZE,
        move_to_slot = sym move_to_slot,
    )
}

/// Copies the unpacker and its header to the slot, and continues there.
#[unsafe(naked)]
unsafe extern "C" fn move_to_slot() -> ! {
    naked_asm!(
        // x23 is the slot's end.
        "add     x23, x4, x5",
        "mov     x0, x4",
        "mov     x1, x23",
        "bl      {clean}",
        // Copy the unpacker.
        "mov     x9, x21",
        "adrp    x10, _edata",
        "add     x10, x10, :lo12:_edata",
        "mov     x11, x4",
        "bl      {copy}",
        // Clear the variables that begin as zero.
        "adr     x10, {stacks}",
        "sub     x10, x10, x21",
        "add     x10, x10, x4",
        "b       2f",
        "1:",
        "stp     xzr, xzr, [x11], #16",
        "2:",
        "cmp     x11, x10",
        "b.lo    1b",
        // Copy the header to the page behind the unpacker's memory: at most a page, and not past the package's end.
        "adrp    x11, _end + {page_size} - 1",
        "sub     x11, x11, x21",
        "add     x11, x11, x4",
        "mov     x9, x22",
        "add     x10, x22, #{header_max_size}",
        "add     x12, x21, x6",
        "cmp     x10, x12",
        "csel    x10, x10, x12, lo",
        "bl      {copy}",
        // Store the package's address.
        "adrp    x9, {package}",
        "add     x9, x9, :lo12:{package}",
        "sub     x9, x9, x21",
        "str     x21, [x4, x9]",
        // The copy must leave the data caches, if they are on, before it is executed. The instruction cache is on.
        "mov     x0, x4",
        "mov     x1, x23",
        "bl      {clean}",
        "ic      iallu",
        "dsb     sy",
        "isb",
        "adrp    x9, {begin}",
        "add     x9, x9, :lo12:{begin}",
        "sub     x9, x9, x21",
        "add     x9, x9, x4",
        "br      x9",
        clean = sym cache::clean,
        copy = sym copy,
        stacks = sym STACKS,
        page_size = const PAGE_SIZE,
        header_max_size = const PACKAGE_HEADER_MAX_SIZE,
        package = sym PACKAGE,
        begin = sym begin,
    )
}

/// Copies 16 bytes at a time from x9, up to x10, to x11. Leaves x11 at the end of the copy.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.10.copy")]
unsafe extern "C" fn copy() {
    naked_asm!(
        "1:",
        "ldp     x12, x13, [x9], #16",
        "stp     x12, x13, [x11], #16",
        "cmp     x9, x10",
        "b.lo    1b",
        "ret",
    )
}

/// Calls `main` with the firmware's x0, which is in x20.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.10.begin")]
unsafe extern "C" fn begin() -> ! {
    naked_asm!(
        "adr     x0, {had_caches}",
        "strb    w24, [x0]",
        "mov     x0, x20",
        "adrp    x1, {main}",
        "add     x1, x1, :lo12:{main}",
        "b       {start}",
        had_caches = sym HAD_CACHES,
        main = sym crate::main,
        start = sym start,
    )
}

/// Calls `main` in the package, to report that the locator is damaged. The stack overwrites the package's stored bytes.
///
/// Flash has no room for a stack, so the core sleeps there. The test word is one that flash with commands takes as the
/// command to read (JEDEC standard 68.01, "Common Flash Interface").
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.10.begin_in_place")]
unsafe extern "C" fn begin_in_place() -> ! {
    naked_asm!(
        "adrp    x9, _end",
        "add     x9, x9, :lo12:_end",
        "and     x9, x9, #-8",
        "mov     x10, #-1",
        "ldr     x11, [x9, #-8]",
        "cmp     x11, x10",
        "b.eq    {rest}",
        "str     x10, [x9, #-8]",
        "ldr     x11, [x9, #-8]",
        "cmp     x11, x10",
        "b.ne    {rest}",
        "b       {begin}",
        rest = sym kaal_runtime::stop::park,
        begin = sym begin,
    )
}
