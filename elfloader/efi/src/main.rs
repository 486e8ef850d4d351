// SPDX-License-Identifier: BSD-2-Clause

//! The UEFI stub: checks the image while the firmware can still report errors, leaves the firmware and enters the
//! unpacker.
//!
//! It is the first section of an image for UEFI. The second is a package as for other boot loaders ([`kaal_payload`]).
//!
//! ```text
//!  UEFI firmware, at EL1 or EL2, with the MMU and the caches on
//!    ▼
//!  start()    verify  package.rs       the image is intact
//!    │        check   memory_map.rs    the memory that it needs is RAM that the firmware gives up
//!    │        measure tpm.rs           kernel and root task, if there is a TPM
//!    │        exit    firmware.rs      no boot services from here on
//!    ▼
//!  unpacker, which turns the MMU off
//! ```
//!
//! If something is wrong, the stub says so on the firmware's console and returns to the boot manager (console.rs).
//!
//! The program can lie at any address, and nothing relocates it. So it uses neither formatting of `core` nor other code
//! that needs pointers in constants.

#![no_std]
#![no_main]

mod console;
mod firmware;
mod memory_map;
mod package;
mod tpm;

use core::arch::asm;
use core::panic::PanicInfo;

use kaal_arch::registers::current_level;
use r_efi::efi::{Handle, Status, SystemTable};

use console::Refused;
use firmware::Firmware;
use memory_map::MemoryMap;
use package::Image;

/// The address that the firmware enters.
///
/// # Safety
///
/// The arguments must be as UEFI's specification says.
#[unsafe(export_name = "_start")]
unsafe extern "efiapi" fn start(image: Handle, table: *mut SystemTable) -> Status {
    // SAFETY: the caller vouches for the arguments.
    let firmware = unsafe { Firmware::new(image, table) };
    let mut map = firmware.memory_map();
    match check_and_exit(&firmware, &mut map) {
        Ok((image, device_tree)) => enter(&image, device_tree),
        Err(Refused) => {
            map.free();
            Status::LOAD_ERROR
        }
    }
}

/// Checks the image and leaves the firmware. Returns the image and the address of the firmware's device tree, or 0.
fn check_and_exit(firmware: &Firmware, map: &mut MemoryMap<'_>) -> Result<(Image, u64), Refused> {
    let console = &firmware.console();
    let image = package::find(console)?;
    if current_level() < image.head.exception_level.into() {
        let message =
            "the kernel has hypervisor support and needs EL2, but the firmware runs at EL1";
        return Err(console.refuse(message, &[]));
    }
    map.read(console)?;
    map.check(image.memory(console)?, console)?;
    tpm::measure(firmware, &image.head.tpm_event, console)?;
    let device_tree = firmware.device_tree();
    firmware.exit(map, console)?;
    Ok((image, device_tree))
}

/// Enters the package, which takes the processor over from the firmware.
fn enter(image: &Image, device_tree: u64) -> ! {
    // SAFETY: a package begins with its first instruction.
    unsafe {
        asm!(
            "br      {entry}",
            entry = in(reg) image.package.as_ptr(),
            in("x0") device_tree,
            in("x1") 0,
            in("x2") 0,
            in("x3") 0,
            options(noreturn),
        )
    }
}

/// Nothing here panics, so the program doesn't contain this.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
