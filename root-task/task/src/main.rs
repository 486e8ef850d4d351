// SPDX-License-Identifier: BSD-2-Clause

//! KaaL's root task: the first task that seL4 starts. It owns all capabilities, acts for the
//! broker, and starts, supervises and restarts the components in `system.toml`.
//!
//! Each module imports only modules listed below it:
//!
//! - `self_test`: tests the system before it starts
//! - `machine_check`: checks untyped memory against the machine's RAM, and slots against quotas
//! - `server`: serves requests, and restarts components that fail
//! - `system`: the components in the root task's image
//! - `fault`: describes faults and other failures
//! - `report`: prints results of tests
//! - `inventory`: the resources that the kernel gives to the root task
//! - `ending`: stops all components if the root task fails
//! - `console`: the root task's log, and a driver of the console that polls
//! - `kernel`: the broker's invocations of the kernel
//! - `threads`: the threads of components that may run
//! - `scheduling`: configures threads, with and without MCS
//! - `window`: addresses where other pages are mapped
//! - `kernel_note`: tells the builder which kernel this is for
//! - `development_note`: tells the builder that this is for development
//! - `capabilities`: capabilities by slot, and errors of the kernel

#![no_std]
#![no_main]

extern crate alloc;

mod capabilities;
mod console;
#[cfg(feature = "development")]
mod development_note;
mod ending;
mod fault;
mod inventory;
mod kernel;
mod kernel_note;
mod machine_check;
mod report;
mod scheduling;
mod self_test;
mod server;
mod system;
mod threads;
mod window;

use kaal_broker::{Broker, Denial};
use sel4_root_task::{Never, panicking, root_task};

use console::say;
use kernel::Invocations;
use server::Server;

/// In development, twice the most bytes of new programs: the heap has gaps, and to check a program takes some too.
const HEAP: usize = kaal_broker::HEAP_BYTES as usize
    + if cfg!(feature = "development") {
        2 * kaal_protocol::PROGRAMS_LIMIT
    } else {
        0
    };

#[root_task(stack_size = 64 * 1024, heap_size = HEAP)]
fn main(bootinfo: &sel4::BootInfoPtr) -> Never {
    panicking::set_hook(&|info| ending::panicked(info));
    match run(bootinfo) {
        Ok(never) => match never {},
        Err(denial) => ending::end(denial),
    }
}

fn run(bootinfo: &sel4::BootInfoPtr) -> Result<Never, Denial> {
    let tree = inventory::device_tree(bootinfo);
    let kernel = Invocations::new(bootinfo)?;
    let empty_slots = inventory::empty_slots(bootinfo);
    let mut broker = Broker::new(kernel, empty_slots, inventory::untyped(bootinfo))?;
    let address = window::for_console(bootinfo)?;
    let console = console::open(&mut broker, tree.as_ref(), address)?;
    say!("KaaL root task {}", env!("CARGO_PKG_VERSION"));
    let ram_accounted_for = machine_check::ram(bootinfo, tree.as_ref());
    let mut server = Server::new(broker, tree, console)?;
    let passed = self_test::run(&mut server)? && ram_accounted_for;
    let enough_slots = machine_check::slots(&server.broker.free(), system::SYSTEM);
    let components = server.add(system::SYSTEM)?;
    server.start(&components);
    let all_run = enough_slots && components.into_iter().all(|id| server.is_running(id));
    match (passed, all_run) {
        (true, true) => say!("KAAL_SYSTEM_READY"),
        (true, false) => say!("KAAL_SYSTEM_INCOMPLETE"),
        (false, _) => say!("KAAL_SELF_TEST_FAILED"),
    }
    server.broker.kernel().limit_own_time()?;
    server.serve(|_| false);
    sel4::init_thread::suspend_self()
}
