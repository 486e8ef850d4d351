// SPDX-License-Identifier: BSD-2-Clause
//! t
#![no_std]
#![no_main]
use sel4_root_task::{Never, root_task};

#[root_task(heap_size = 1024 * 64)]
fn main(bootinfo: &sel4::BootInfoPtr) -> sel4::Result<Never> {
    sel4::debug_println!("hi {}", bootinfo.untyped().len());
    for ut in bootinfo.untyped_list() { sel4::debug_println!("{:x} {} {}", ut.paddr(), ut.size_bits(), ut.is_device()); }
    sel4::init_thread::suspend_self()
}
