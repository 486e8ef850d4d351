// SPDX-License-Identifier: BSD-2-Clause

//! A firmware that leaves harmful values in system registers (`rows.rs`) and enters the loader.
//!
//! All cores begin here. Each poisons its own registers and goes on to the loader, at the same exception level. The
//! first one prints the names of the registers whose value has changed: not every processor has all of them.

#![no_std]
#![no_main]

mod console;
mod entry;
mod rows;

use aarch64_cpu::registers::{CurrentEL, MPIDR_EL1, Readable};

use crate::console::Names;

/// The address of the loader's entry point, where a test puts it.
const JOB_ADDRESS: usize = 0x7e00_0000;

extern "C" fn main() -> ! {
    let job = core::ptr::with_exposed_provenance::<u64>(JOB_ADDRESS);
    // SAFETY: the test has put it there.
    let loader = unsafe { job.read_volatile() };
    let mut names = Names::new(MPIDR_EL1.get() & 0xff == 0);
    let level = CurrentEL.read(CurrentEL::EL);
    // SAFETY: no other software runs at these levels, and this program doesn't need the old values.
    unsafe {
        rows::el1(&mut names);
        if level == 1 {
            rows::el1_own(&mut names);
            entry::leave_el1(loader);
        }
        rows::el1_lower(&mut names);
        if level == 3 && rows::has_el2() || level == 2 {
            rows::el2(&mut names);
        }
        if level == 2 {
            entry::leave_el2(loader);
        }
        if rows::has_el2() {
            rows::el2_lower(&mut names);
        }
        rows::el3(&mut names);
        entry::leave_el3(loader)
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        aarch64_cpu::asm::wfe();
    }
}
