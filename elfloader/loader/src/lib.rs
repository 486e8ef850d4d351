// SPDX-License-Identifier: BSD-2-Clause

//! The loader: brings an AArch64 machine from whatever state its firmware leaves it in to the
//! one that seL4 expects at its entry point.
//!
//! The same binary serves every kernel and board. What differs stands in the payload header that
//! the builder put behind it ([`kaal_payload`]), and in the machine's device tree. Whatever the
//! builder can do, it has done: segments lie at their final addresses, translation tables are
//! ready, and the loader's own relocations are applied. What is left is to look at the machine,
//! to say in words what does not fit, and to jump.
//!
//! There are two programs, which differ in whom they believe ([`Trust`]): `kaal-elfloader` boots any
//! image, `kaal-elfloader-signed` such as are signed with a key that it was given.
//!
//! ```text
//!  firmware, at EL1, EL2 or EL3
//!    │ kaal_runtime  stack, exception vectors, console
//!    ▼
//!  boot()            find    payload.rs, device_tree.rs   what to boot, on which machine
//!    │               verify  trust.rs, verify.rs          is it whole, and does it fit the machine
//!    │               place   device_tree.rs               the firmware's device tree only
//!    │               start   smp/                         the other cores, if there are any
//!    │               enter   level.rs, mmu.rs             exception level, translation, jump
//!    ▼
//!  seL4, at EL1 or EL2
//! ```
//!
//! The MMU is off until the last instructions before the jump, so all memory accesses go past the
//! caches and none may be unaligned. A fault at any moment ends in [`kaal_runtime`], which says what
//! happened; that holds until the kernel installs vectors of its own.

#![no_std]

mod device_tree;
mod gic;
mod level;
mod mmu;
mod payload;
mod smp;
mod trust;
mod verify;

use kaal_payload::{Decimal, LogLevel};
use kaal_runtime::{console, firmware, log, registers, state};

use mmu::Handover;
use smp::Team;

pub use payload::symbol_at;
pub use trust::{AnyImage, SignedImages, Trust};

/// Boots the payload, if `T` trusts it. `firmware_x0` is what the firmware left in x0: perhaps the
/// address of a device tree.
pub extern "C" fn boot<T: Trust>(firmware_x0: u64) -> ! {
    state::begin("reading the payload header");
    let payload = payload::find::<T>();
    console::set_level(payload.log_level);

    state::begin("reading the device tree that x0 points to");
    let device_tree = device_tree::find(T::device_tree(firmware_x0), &payload);

    state::begin("checking the payload against the machine");
    firmware::left_translation_off();
    verify::exception_level(&payload);
    let team = Team::find(&payload, &device_tree);
    verify::memory(&payload, &device_tree);

    state::begin("verifying the image");
    verify::regions(&payload, T::EXPECTS_FORGERIES);
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

    state::begin("moving the firmware's device tree");
    let device_tree = device_tree::place(&device_tree, &payload);

    state::begin("starting the other cores");
    gic::release_shared_interrupts();
    let handover = Handover::new(&payload, device_tree);
    // SAFETY: it stays where it is: this function does not return.
    unsafe { team.start(&handover) };

    state::begin("lowering the exception level");
    level::lower_to(handover.exception_level(), 0);

    state::begin(state::ENTER_KERNEL);
    handover.enter_kernel()
}
