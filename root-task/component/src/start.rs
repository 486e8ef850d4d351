// SPDX-License-Identifier: BSD-2-Clause

//! A component's first and last instructions.

use core::panic::PanicInfo;

use kaal_protocol::Refusal;

use crate::broker;

/// Makes a function, `fn() -> Result<(), Refusal>`, the component's main function.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        /// The root task starts the component here, with a stack and its IPC buffer's address.
        ///
        /// # Safety
        ///
        /// For the root task only.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn _start(ipc_buffer: usize) -> ! {
            // SAFETY: the caller is the root task, which passes the address of the IPC buffer.
            unsafe { $crate::run(ipc_buffer, $main) }
        }
    };
}

/// Runs `main`, and ends the component when it returns. Where it returns an error, the component
/// fails, and its restart policy applies.
///
/// # Safety
///
/// `ipc_buffer` is the address of the calling thread's IPC buffer, and nothing else uses that.
pub unsafe fn run(ipc_buffer: usize, main: fn() -> Result<(), Refusal>) -> ! {
    let ipc_buffer = core::ptr::with_exposed_provenance_mut::<sel4::IpcBuffer>(ipc_buffer);
    // SAFETY: the caller vouches that there is an IPC buffer and that nothing else uses it.
    sel4::set_ipc_buffer(unsafe { &mut *ipc_buffer });
    match main() {
        Ok(()) => broker::exit(),
        Err(_) => fail(),
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    fail()
}

/// Fails with a fault that the root task sees.
fn fail() -> ! {
    loop {
        // SAFETY: a breakpoint has no effect on memory; seL4 turns it into a fault message.
        unsafe { core::arch::asm!("brk #0x1") };
    }
}
