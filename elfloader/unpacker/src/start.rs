// SPDX-License-Identifier: BSD-2-Clause

//! Where the firmware enters: the unpacker moves itself to where it is not in its own way.
//!
//! Until then, all code runs without a stack, at an address that nobody has chosen, and perhaps in
//! flash; so it writes no memory but the slot that it moves to.

use core::arch::naked_asm;
use core::mem::offset_of;
use core::sync::atomic::AtomicU64;

use kaal_payload::{
    HEADER_ALIGNMENT, LOCATOR_OFFSET, Locator, PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, ROOM_SIZE,
};
use kaal_runtime::cache;
use kaal_runtime::entry::{Main, start};

/// In the place of the package's address: this unpacker is the one in the package.
pub(crate) const NOT_MOVED: u64 = u64::MAX;

/// Where the package lies.
pub(crate) static PACKAGE: AtomicU64 = AtomicU64::new(NOT_MOVED);

const _: Main = crate::main;

/// The package's entry point.
///
/// Expects x0 as the firmware left it, the MMU off and interrupts in any state, at EL1, EL2 or EL3.
///
/// x20 is what the firmware left in x0, x21 the package's address, x22 the header's. From the [`Locator`], x4 begins as the work area's
/// address and becomes the slot's, x5 is the slot's size, x6 the package's.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "msr     daifset, #0xf",
        "mov     x20, x0",
        // At EL3 there is no firmware that holds back the other cores. This is no place to wait in,
        // since it may be unpacked to, so they rest: nothing wakes them.
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
        // As kaal_payload::Work::place. The area that the package doesn't overlap: x8 is its size.
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
        // The slot in it that the firmware's device tree doesn't overlap.
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

/// Copies the unpacker and its header to the slot, which is zero apart from that, and goes on there.
#[unsafe(naked)]
unsafe extern "C" fn move_to_slot() -> ! {
    naked_asm!(
        // x23 is the slot's end.
        "add     x23, x4, x5",
        "mov     x0, x4",
        "mov     x1, x23",
        "bl      {clean}",
        // The unpacker.
        "mov     x9, x21",
        "adrp    x10, _edata",
        "add     x10, x10, :lo12:_edata",
        "mov     x11, x4",
        "bl      {copy}",
        // Zeroes up to the slot's end.
        "1:",
        "stp     xzr, xzr, [x11], #16",
        "cmp     x11, x23",
        "b.lo    1b",
        // The header, to the page behind the unpacker's memory: no more than a page of it, and no
        // more than there is.
        "adrp    x11, _end + {page_size} - 1",
        "sub     x11, x11, x21",
        "add     x11, x11, x4",
        "mov     x9, x22",
        "add     x10, x22, #{header_max_size}",
        "add     x12, x21, x6",
        "cmp     x10, x12",
        "csel    x10, x10, x12, lo",
        "bl      {copy}",
        // Where the package lies.
        "adrp    x9, {package}",
        "add     x9, x9, :lo12:{package}",
        "sub     x9, x9, x21",
        "str     x21, [x4, x9]",
        // Should caches be on, what was written must leave them before it is executed.
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
        page_size = const PAGE_SIZE,
        header_max_size = const PACKAGE_HEADER_MAX_SIZE,
        package = sym PACKAGE,
        begin = sym begin,
    )
}

/// Copies 16 bytes at a time from x9, up to x10, to x11, which is behind the last then.
#[unsafe(naked)]
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

/// Goes on in Rust, with what the firmware left in x0, which x20 holds.
#[unsafe(naked)]
unsafe extern "C" fn begin() -> ! {
    naked_asm!(
        "mov     x0, x20",
        "adrp    x1, {main}",
        "add     x1, x1, :lo12:{main}",
        "b       {start}",
        main = sym crate::main,
        start = sym start,
    )
}

/// Goes on in Rust without having moved, because nobody knows where to: it is to say why. Its stack
/// lies over what is stored in the package.
///
/// In flash there is no stack, so this rests there. Written is what flash takes for the command to
/// be read, in case that it takes commands (JEDEC standard 68.01, "Common Flash Interface").
#[unsafe(naked)]
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
