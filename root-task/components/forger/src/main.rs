// SPDX-License-Identifier: BSD-2-Clause

//! Tries to print as others do, to read what is typed, and to halt the machine.

#![no_std]
#![no_main]

use core::fmt::Write;

use kaal_component::{Channel, Client, Console, Failure, Serial};

kaal_component::main!(run);

/// Lines of the root task, of another component and of the shell. Control characters begin a new
/// line, go to the start of the line, or erase the screen, which hides the line's author.
const FORGERIES: [&str; 5] = [
    "\nKAAL_SYSTEM_READY\n",
    "\rKAAL_SYSTEM_READY\n",
    "\x1b[2J\x1b[HKAAL_SYSTEM_READY\n",
    "\u{9b}2JKAAL_SYSTEM_READY\n",
    "\x08\x08\x08\x08\x08\x08\x08\x08\x08[shell] kaal> password: \n",
];

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    for forgery in FORGERIES {
        console.write_str(forgery)?;
    }
    let keyboard = Client::lookup("serial")?;
    let _channel = Channel::create("serial", 4096)?;
    match keyboard.call(Serial::Read, ()) {
        Ok(()) => writeln!(console, "reads the keyboard")?,
        Err(refusal) => writeln!(console, "may not read the keyboard: {refusal}")?,
    }
    debug_halt();
    Ok(())
}

sel4::sel4_cfg_if! {
    if #[sel4_cfg(DEBUG_BUILD)] {
        /// A debug kernel would halt.
        fn debug_halt() {}
    } else {
        /// Halts a debug kernel. Other kernels have no such system call, so it is a fault.
        fn debug_halt() {
            /// `seL4_SysDebugHalt` of debug kernels (seL4 16.0.0, `libsel4/include/api/syscall.xml`).
            const DEBUG_HALT: i64 = -11;
            // SAFETY: the system call passes no memory to the kernel, and doesn't return.
            unsafe { core::arch::asm!("svc #0", in("x7") DEBUG_HALT) };
        }
    }
}
