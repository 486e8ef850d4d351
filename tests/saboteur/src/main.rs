// SPDX-License-Identifier: BSD-2-Clause

//! A UEFI application that starts an image, after it has broken a service of the firmware (`faults.rs`).
//!
//! A test puts the image and a [`Job`] into memory. The builder wraps this program as it wraps the UEFI stub, in front of
//! a package that nobody enters.

#![no_std]
#![no_main]

mod faults;

use core::ptr;

use kaal_arch::link::Note;
use kaal_payload::{PACKAGE_VERSION, STUB_NOTE_TYPE};
use r_efi::efi::{Boolean, Handle, Status, SystemTable};

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(STUB_NOTE_TYPE, PACKAGE_VERSION);

/// The address of the job, where a test puts it.
const JOB_ADDRESS: usize = 0x6000_0000;

/// What to do. The program has no variables, so its state lies here too.
#[repr(C)]
struct Job {
    /// The address of the image.
    image: u64,
    /// Its size in bytes.
    size: u64,
    /// The number of the fault.
    fault: u64,
    /// What the broken services need.
    state: faults::State,
}

fn job() -> *mut Job {
    ptr::with_exposed_provenance_mut(JOB_ADDRESS)
}

#[unsafe(export_name = "_start")]
unsafe extern "efiapi" fn start(own: Handle, table: *mut SystemTable) -> Status {
    let mut image = ptr::null_mut();
    // SAFETY: the firmware passes its tables, and a test has put the job and the image there. Both lie in RAM that the
    // firmware doesn't use.
    unsafe {
        let services = (*table).boot_services;
        let job = job();
        let content = ptr::with_exposed_provenance_mut((*job).image as usize);
        let path = ptr::null_mut();
        let size = (*job).size as usize;
        let load = (*services).load_image;
        let loaded = load(Boolean::FALSE, own, path, content, size, &mut image);
        print(table, b"saboteur: LoadImage: ", loaded);
        if loaded == Status::SUCCESS {
            faults::install(&mut *services, &mut (*job).state, (*job).fault);
            let start = (*services).start_image;
            let status = start(image, ptr::null_mut(), ptr::null_mut());
            print(table, b"saboteur: the image returned ", status);
        }
    }
    Status::SUCCESS
}

/// Prints a line on the firmware's console.
///
/// # Safety
///
/// `table` must be the firmware's, and boot services must run.
unsafe fn print(table: *mut SystemTable, text: &[u8], status: Status) {
    let digits = (0..16).rev().map(|digit| {
        let digit = (status.as_usize() >> (4 * digit) & 0xf) as u8;
        digit + if digit < 10 { b'0' } else { b'a' - 10 }
    });
    for byte in text.iter().copied().chain(digits).chain(*b"\r\n") {
        let mut character = [u16::from(byte), 0];
        // SAFETY: the caller vouches for the table, and the text ends with a zero.
        unsafe {
            let console = (*table).con_out;
            ((*console).output_string)(console, character.as_mut_ptr());
        }
    }
}

/// Nothing here panics, so the program doesn't contain this.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
