// SPDX-License-Identifier: BSD-2-Clause

//! KaaL's root task: the first task that seL4 starts. It owns all capabilities, acts for the broker,
//! and starts, supervises and restarts the components that `system.toml` lists.

#![no_std]
#![no_main]

extern crate alloc;

mod answer;
mod fault;
mod inventory;
mod kernel;
mod machine_check;
mod scheduling;
mod self_test;
mod server;
mod supervisor;
mod system;
mod view;
mod window;

use kaal_broker::{Broker, Denial};
use sel4_root_task::{Never, debug_println, root_task};

use kernel::Invocations;
use server::Server;

#[root_task(stack_size = 64 * 1024, heap_size = kaal_broker::HEAP_BYTES as usize)]
fn main(bootinfo: &sel4::BootInfoPtr) -> Result<Never, Denial> {
    debug_println!("KaaL root task {}", env!("CARGO_PKG_VERSION"));
    let tree = inventory::device_tree(bootinfo);
    let ram_accounted_for = machine_check::ram(bootinfo, tree.as_ref());
    let kernel = Invocations::new(bootinfo)?;
    let broker = Broker::new(kernel, inventory::take(bootinfo))?;
    let mut server = Server::new(broker, tree)?;
    let passed = self_test::run(&mut server)? && ram_accounted_for;
    server.start(system::components())?;
    match passed {
        true => debug_println!("KAAL_SYSTEM_READY"),
        false => debug_println!("KAAL_SELF_TEST_FAILED"),
    }
    server.serve(|_| false);
    sel4::init_thread::suspend_self()
}
