// SPDX-License-Identifier: BSD-2-Clause

//! Start and end of a component.

use core::panic::PanicInfo;

use kaal_protocol::Refusal;

use crate::broker;

/// Declares a function of type `fn() -> Result<(), Refusal>` as the component's main function.
#[macro_export]
macro_rules! main {
    ($main:path) => {
        /// The entry point: the root task sets the stack, and passes the IPC buffer's address.
        ///
        /// # Safety
        ///
        /// Only the root task may start a thread here.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn _start(ipc_buffer: usize) -> ! {
            // SAFETY: the root task passes the address of the thread's IPC buffer.
            unsafe { $crate::run(ipc_buffer, $main) }
        }
    };
}

/// Runs `main`, then ends the component. If `main` returns an error, the component fails and its
/// restart policy applies.
///
/// # Safety
///
/// `ipc_buffer` must be the address of the calling thread's IPC buffer, which nothing else uses.
pub unsafe fn run(ipc_buffer: usize, main: fn() -> Result<(), Refusal>) -> ! {
    let ipc_buffer = core::ptr::with_exposed_provenance_mut::<sel4::IpcBuffer>(ipc_buffer);
    // SAFETY: the caller guarantees that the IPC buffer exists and that nothing else uses it.
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

/// Causes a fault, which the root task receives.
fn fail() -> ! {
    loop {
        // SAFETY: a breakpoint doesn't change memory. seL4 turns it into a fault message.
        unsafe { core::arch::asm!("brk #0x1") };
    }
}
