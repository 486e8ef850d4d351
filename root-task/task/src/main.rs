// SPDX-License-Identifier: BSD-2-Clause

//! KaaL's root task: the first task that seL4 starts. It owns all capabilities, acts for the broker,
//! and starts, supervises and restarts the components that `system.toml` lists.
//!
//! Each module imports none but those that are listed below it:
//!
//! - `self_test`: tries out the system before it starts
//! - `machine_check`: whether what the kernel left is what the machine has
//! - `report`: prints the outcome of tests
//! - `server`: serves requests, and takes care of components that fail
//! - `views`: what operators see
//! - `supervisor`: when components that failed are started again
//! - `system`: the components that are part of the root task's image
//! - `fault`: describes faults
//! - `inventory`: what the kernel left to the root task
//! - `kernel`: carries out by invocations what the broker decides
//! - `scheduling`: configures threads, with and without MCS
//! - `window`: a page that any page can be mapped to for a moment
//! - `capabilities`: capabilities, by the slots that the broker names

#![no_std]
#![no_main]

extern crate alloc;

mod capabilities;
mod fault;
mod inventory;
mod kernel;
mod machine_check;
mod report;
mod scheduling;
mod self_test;
mod server;
mod supervisor;
mod system;
mod views;
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
    server.start(system::SYSTEM)?;
    match passed {
        true => debug_println!("KAAL_SYSTEM_READY"),
        false => debug_println!("KAAL_SELF_TEST_FAILED"),
    }
    server.serve(|_| false);
    sel4::init_thread::suspend_self()
}
