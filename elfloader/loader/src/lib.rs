// SPDX-License-Identifier: BSD-2-Clause

//! The loader: takes an AArch64 machine from the state that its firmware leaves to the one that seL4 expects at
//! its entry point.
//!
//! One binary serves every kernel and board. Everything that differs is in the payload header behind the loader
//! ([`kaal_payload`]) and in the machine's device tree. The builder has done all it can: segments lie at their final
//! addresses, the page tables are ready, and the loader's relocations are applied. The loader checks the machine, says
//! what doesn't fit, and enters the kernel.
//!
//! There are two programs, which differ in what they [`Trust`]: `kaal-elfloader` boots any image,
//! `kaal-elfloader-signed` only images signed with its key.
//!
//! ```text
//!  firmware, at EL1, EL2 or EL3
//!    │ kaal_runtime  stack, exception vectors, console
//!    ▼
//!  boot()            trust   payload.rs, verify.rs        is the loader itself whole
//!    │               map     memory_map.rs                turn the caches on
//!    │               find    payload.rs, device_tree.rs   what to boot, on which machine
//!    │               verify  trust.rs, verify.rs          is it whole, and does it fit the machine
//!    │               place   device_tree.rs               the firmware's device tree
//!    │               start   smp/                         the other cores, if the kernel needs any
//!    │               enter   level.rs, mmu.rs             exception level, translation, jump
//!    ▼
//!  seL4, at EL1 or EL2
//! ```
//!
//! Each module imports only modules listed below it:
//!
//! - `smp`: starts the other cores
//! - `level`: goes down to the kernel's exception level
//! - `system_registers`: sets the registers of each exception level
//! - `gic`: gives interrupts to the non-secure world
//! - `mmu`: turns translation on and enters the kernel
//! - `payload`: finds the payload header
//! - `trust`: decides which images are booted
//! - `verify`: checks the image and the machine
//! - `device_tree`: finds the firmware's device tree and copies it to its place
//! - `memory_map`: turns the caches on and maps what the loader accesses
//!
//! The MMU is off while the loader verifies itself, and while other cores run: memory accesses bypass the caches then,
//! and must be aligned. In between, the caches are on, because each access that bypasses them takes as long as a hundred
//! instructions. Until the kernel installs its own vectors, [`kaal_runtime`] reports each fault.

#![no_std]

mod device_tree;
mod gic;
mod level;
mod memory_map;
mod mmu;
mod payload;
mod smp;
mod system_registers;
mod trust;
mod verify;

use kaal_payload::{Decimal, LogLevel};
use kaal_runtime::{console, log, registers, state};

use memory_map::MemoryMap;
use mmu::Handover;
use smp::Team;

pub use payload::symbol_at;
pub use trust::{AnyImage, SignedImages, Trust};

/// Boots the payload, if `T` trusts it. `firmware_x0` is the firmware's x0, which may be the address of a device tree.
pub extern "C" fn boot<T: Trust>(firmware_x0: u64) -> ! {
    state::begin("verifying the loader");
    let header = payload::header::<T>();

    state::begin("reading the device tree that x0 points to");
    let firmware_tree = device_tree::of_firmware(T::device_tree(firmware_x0));

    state::begin("turning the caches on");
    let is_worthwhile = firmware_tree.is_some() || payload::is_verified(header);
    // SAFETY: this is the only call.
    let mut map = unsafe { MemoryMap::new(is_worthwhile) };

    state::begin("reading the payload header");
    let payload = payload::parse::<T>(header);
    console::set_level(payload.log_level);

    state::begin("reading the device tree");
    let mut firmware = device_tree::find(firmware_tree, &payload, &mut map);
    map.add_regions(&payload, T::EXPECTS_FORGERIES);
    let facts = firmware.as_ref().map(|firmware| firmware.facts);

    state::begin("checking the payload against the machine");
    verify::exception_level(&payload);
    let team = Team::find(&payload, facts);
    if let Some(facts) = facts {
        verify::memory(&payload, facts, team.others());
    }

    state::begin("verifying the image");
    verify::regions(&payload, T::EXPECTS_FORGERIES);

    state::begin("moving the firmware's device tree");
    let device_tree = device_tree::place(firmware.as_mut(), &payload);

    state::begin("turning the caches off");
    // SAFETY: the device tree was cleaned, and so were cleared zeroes. Nothing else was written.
    unsafe { map.leave() };
    log!(
        LogLevel::Info,
        concat!(
            "KaaL ",
            env!("CARGO_PKG_VERSION"),
            ": EL{}, {}{} regions, entering the kernel at {}"
        ),
        Decimal(registers::current_level()),
        team,
        Decimal(payload.regions.len() as u64),
        payload.kernel_entry,
    );

    state::begin("starting the other cores");
    gic::release_shared_interrupts();
    let handover = Handover::new(&payload, device_tree);
    // SAFETY: it stays in place, because this function doesn't return.
    unsafe { team.start(&handover) };

    state::begin("lowering the exception level");
    level::lower_to(handover.exception_level(), 0);

    state::begin(state::ENTER_KERNEL);
    handover.enter_kernel()
}
