// SPDX-License-Identifier: BSD-2-Clause

//! The root task, the first program that seL4 starts.

#![no_std]
#![no_main]

mod kernel_note;

use sel4_root_task::{Never, root_task};

#[root_task]
fn main(bootinfo: &sel4::BootInfoPtr) -> sel4::Result<Never> {
    sel4::debug_println!(
        "Hello from my root task; seL4 gave it {} pieces of untyped memory",
        bootinfo.untyped().len()
    );
    sel4::init_thread::suspend_self()
}
