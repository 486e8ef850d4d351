// SPDX-License-Identifier: BSD-2-Clause

//! The unpacker: turns an image that lies in memory as a file into the memory that its ELF file would have been loaded
//! to, and enters the loader as firmware would.
//!
//! It is the first part of every image that is not an ELF file. One binary serves all images; everything that
//! differs is in the package header behind it ([`kaal_payload`]).
//!
//! ```text
//!  firmware, at EL1, EL2 or EL3; at any page, in RAM or flash
//!    │ start.rs      moves the unpacker to memory that neither image nor device tree needs
//!    ▼
//!  main()            find    package.rs          what to unpack
//!    │               rescue  device_tree.rs      the firmware's device tree
//!    │               unpack  unpack.rs           with the MMU on: translation.rs
//!    ▼
//!  loader, as from an ELF file
//! ```
//!
//! [`kaal_payload`] decides the order in which memory is written, [`kaal_translation`] makes the page tables.

#![no_std]
#![no_main]

mod device_tree;
mod package;
mod relocation;
mod start;
mod translation;
mod unpack;

use core::arch::asm;

use kaal_payload::{Decimal, LogLevel, PhysAddr, Symbol};
use kaal_runtime::{console, fail, log, program, state};
use kaal_translation::TablesError;

program!(b"unpacker", no_symbol_at);

/// A package has no table of symbols. Reports show the distance from the unpacker's start.
fn no_symbol_at(_: u64) -> Option<Symbol<'static>> {
    None
}

/// Unpacks the image. `firmware_x0` is the firmware's x0, which may be the address of a device tree.
extern "C" fn main(firmware_x0: u64) -> ! {
    relocation::apply();
    state::begin("reading the package header");
    let found = package::find(firmware_x0);
    let package = found.package;
    console::set_level(package.log_level);

    state::begin("reading the device tree that x0 points to");
    let device_tree = device_tree::of_firmware(firmware_x0, found.place.room);

    state::begin("unpacking the image");
    log!(
        LogLevel::Debug,
        "KaaL: unpacking {} chunks from {} to {}, working in {}",
        Decimal(package.chunks.len() as u64),
        found.memory,
        package.entry,
        found.place.slot,
    );
    // SAFETY: this is the only call, and what is added is all memory that is accessed.
    let translation =
        unsafe { translation::begin(found.place.slot) }.and_then(|mut translation| {
            translation::add(&mut translation, &found, device_tree)?;
            Ok(translation)
        });
    let translation = match translation {
        Ok(translation) => translation,
        Err(TablesError::Full) => fail!("the image lies in too many pieces of memory to be mapped"),
        Err(TablesError::BeyondAddressSpace) => fail!("the image exceeds 48-bit addresses"),
    };
    // SAFETY: the tables map all memory that is accessed, and it is clean at the end.
    let device_tree = unsafe {
        found.check_end();
        let device_tree = device_tree::rescue(device_tree, found.place.room);
        if let Err(damage) = unpack::all(&package, found.memory.start) {
            fail!("{damage}; load the image again");
        }
        translation.turn_off();
        device_tree
    };

    state::begin("entering the loader");
    enter(package.entry, device_tree)
}

/// Enters the loader as Linux would be entered (`Documentation/arch/arm64/booting.rst`).
fn enter(entry: PhysAddr, device_tree: u64) -> ! {
    // SAFETY: the loader lies there, and needs nothing of this program.
    unsafe {
        asm!(
            "br      {entry}",
            entry = in(reg) entry.0,
            in("x0") device_tree,
            in("x1") 0,
            in("x2") 0,
            in("x3") 0,
            options(noreturn),
        )
    }
}
