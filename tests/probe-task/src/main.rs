// SPDX-License-Identifier: BSD-2-Clause

//! The user image of the probe kernel: checks its own memory, prints a line, and executes an instruction that no kernel
//! can forbid.

#![no_std]
#![no_main]

use core::arch::{asm, naked_asm};
use core::cell::UnsafeCell;

/// Memory whose content the compiler can't know.
#[repr(C, align(16))]
struct Words<const N: usize>(UnsafeCell<[u64; N]>);

// SAFETY: there is one thread.
unsafe impl<const N: usize> Sync for Words<N> {}

impl<const N: usize> Words<N> {
    fn all(&self, expected: u64) -> bool {
        let words = self.0.get().cast::<u64>();
        // SAFETY: the index is within the array, and nothing writes to it.
        (0..N).all(|index| unsafe { words.add(index).read_volatile() == expected })
    }
}

const PATTERN: u64 = 0x7461_736b_2064_6174;

/// Initialised data of more than a page.
static DATA: Words<1024> = Words(UnsafeCell::new([PATTERN; 1024]));

/// Zeroed data of more than a page.
static ZEROES: Words<2048> = Words(UnsafeCell::new([0; 2048]));

/// Size of the stack in words.
const STACK_WORDS: usize = 512;

static STACK: Words<STACK_WORDS> = Words(UnsafeCell::new([0; STACK_WORDS]));

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "adrp    x9, {stack}",
        "add     x9, x9, :lo12:{stack}",
        "add     sp, x9, #{stack_size}",
        "b       {main}",
        stack = sym STACK,
        stack_size = const size_of::<Words<STACK_WORDS>>(),
        main = sym main,
    )
}

/// `has_pacga` is 1 if the processor has that instruction.
extern "C" fn main(has_pacga: u64) -> ! {
    say("task: hello from EL0\n");
    if has_pacga == 1 {
        execute_pacga();
        say("task: executed PACGA\n");
    }
    let data = DATA.all(PATTERN);
    let zeroes = ZEROES.all(0);
    say(if data {
        "task: .data is initialised\n"
    } else {
        "task: .data is damaged\n"
    });
    say(if zeroes {
        "task: .bss is zero\n"
    } else {
        "task: .bss is not zero\n"
    });
    exit(u64::from(!(data && zeroes)))
}

/// Executes PACGA. EL1 can't forbid it: it may only trap to EL2 or EL3.
fn execute_pacga() {
    // SAFETY: PACGA x9, x9, x9 changes only that register.
    unsafe { asm!(".inst 0x9ac93129", out("x9") _, options(nomem, nostack)) };
}

fn say(text: &str) {
    for byte in text.bytes() {
        if byte == b'\n' {
            put(b'\r');
        }
        put(byte);
    }
}

fn put(byte: u8) {
    // SAFETY: the probe kernel preserves all registers.
    unsafe { asm!("svc #0", in("x0") u64::from(byte), options(nostack)) };
}

fn exit(status: u64) -> ! {
    // SAFETY: the call doesn't return.
    unsafe { asm!("svc #1", in("x0") status, options(noreturn, nostack)) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(2)
}
