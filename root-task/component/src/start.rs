// SPDX-License-Identifier: BSD-2-Clause

//! Start and end of a component.

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use kaal_protocol::{Request, Text};

use crate::broker;
use crate::failure::Failure;

/// Declares a function of type `fn() -> Result<(), Failure>` as the component's main function.
///
/// If the function returns an error, panics or faults, the component fails: the root task prints the
/// reason and applies the component's restart policy.
///
/// ```no_run
/// use kaal_component::{Failure, allocate};
///
/// kaal_component::main!(run);
///
/// fn run() -> Result<(), Failure> {
///     allocate(4096)?.fill(1);
///     Ok(())
/// }
/// ```
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

/// Runs `main`, then ends the component; [`main!`](crate::main) calls it.
///
/// # Safety
///
/// `ipc_buffer` must be the address of the calling thread's IPC buffer, which nothing else uses.
pub unsafe fn run(ipc_buffer: usize, main: fn() -> Result<(), Failure>) -> ! {
    let ipc_buffer = core::ptr::with_exposed_provenance_mut::<sel4::IpcBuffer>(ipc_buffer);
    // SAFETY: the caller guarantees that the IPC buffer exists and that nothing else uses it.
    sel4::set_ipc_buffer(unsafe { &mut *ipc_buffer });
    match main() {
        Ok(()) => broker::end(&Request::Exit),
        Err(failure) => fail(format_args!("{failure}")),
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => fail(format_args!("panicked at {place}: {}", info.message())),
        None => fail(format_args!("panicked: {}", info.message())),
    }
}

/// Ends the component as failed.
fn fail(reason: fmt::Arguments<'_>) -> ! {
    let mut text = Text::default();
    // If a value can't be formatted, the root task prints the text so far.
    let _ = text.write_fmt(reason);
    broker::end(&Request::Fail(text))
}
