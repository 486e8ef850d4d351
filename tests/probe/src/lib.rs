// SPDX-License-Identifier: BSD-2-Clause

//! The probe kernel: linked and entered like seL4. It checks what the loader hands over, row by row, and starts
//! the user image.
//!
//! The expected values come from seL4's sources, not from the loader's, so that a mistake on one side shows. The probe
//! shares only `kaal_devicetree` with the loader, to read the device tree, and types of `kaal_payload`. Their own tests
//! must find mistakes in those.
//!
//! 1. Under the loader's translation: check the registers (`handover.rs`, `settings.rs`) of all cores (`cores.rs`).
//! 2. Turn on translation of its own, as seL4 does first: check memory (`memory.rs`), the device tree (`device_tree.rs`)
//!    and the interrupt controller (`interrupts.rs`).
//! 3. Print the rows, then start the user image at EL0 (`user.rs`) and report how it ended.

#![no_std]

mod console;
mod cores;
mod device_tree;
mod entry;
mod handover;
mod image;
mod interrupts;
mod memory;
mod power;
mod registers;
mod report;
mod settings;
mod supplied;
mod table;
mod translation;
mod user;

use crate::console::println;
use crate::handover::Arguments;
use crate::report::Report;

/// The main function of the first core.
extern "C" fn main(arguments: &Arguments) -> ! {
    let mut report = Report::default();
    handover::check(arguments, &mut report);
    cores::check(arguments, &mut report);

    translation::enable();
    entry::use_own_vectors();
    let checked = memory::check(arguments, &mut report);
    let machine = checked.as_ref().map(|(_, facts)| facts.machine);
    if let Some(gic) = machine.and_then(|machine| machine.gic) {
        cores::check_interrupts(gic, &mut report);
    }
    power::use_conduit(machine);

    println!("KaaL's probe kernel: this is not seL4, it checks what seL4 would be handed");
    report.print();
    if let Some((tree, _)) = &checked {
        device_tree::print_chosen(tree);
    }
    if !report.all_ok() {
        finish(false);
    }
    if checked.is_some() {
        memory::print_behind_the_device_tree(arguments);
    }
    println!("probe: starting the user image at EL0");
    // SAFETY: the report says that the image is where the arguments say.
    unsafe { user::start(arguments) }
}

/// Prints the result, with the text that test runners wait for, and powers off.
fn finish(ok: bool) -> ! {
    println!(
        "{}",
        if ok {
            "KAAL_PROBE_PASS"
        } else {
            "KAAL_PROBE_FAIL"
        }
    );
    power::off()
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("probe: {}", info.message());
    finish(false)
}
