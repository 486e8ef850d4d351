// SPDX-License-Identifier: BSD-2-Clause

//! Services that fail. Each fault has a number, which `tests/suites/boot/sabotage.rs` knows too.

use core::ffi::c_void;
use core::ptr;

use r_efi::efi::{
    BootServices, DTB_TABLE_GUID, Guid, Handle, MemoryDescriptor, MemoryType, Status,
};

use crate::job;

/// The state of the broken services.
#[repr(C)]
pub(crate) struct State {
    calls: u64,
    get_memory_map: GetMemoryMap,
    exit_boot_services: ExitBootServices,
    locate_protocol: LocateProtocol,
    tpm: [TpmService; 3],
}

type GetMemoryMap = unsafe extern "efiapi" fn(
    *mut usize,
    *mut MemoryDescriptor,
    *mut usize,
    *mut usize,
    *mut u32,
) -> Status;
type ExitBootServices = unsafe extern "efiapi" fn(Handle, usize) -> Status;
type LocateProtocol = unsafe extern "efiapi" fn(*mut Guid, *mut c_void, *mut *mut c_void) -> Status;
type TpmService = unsafe extern "efiapi" fn() -> Status;

/// The first field of `EFI_TCG2_PROTOCOL_GUID`.
const TCG2: u32 = 0x607f_766c;

/// The size in bytes of a memory map that is larger than any first buffer.
const LARGE: usize = 1 << 20;

/// Breaks services by the number of a fault.
///
/// # Safety
///
/// `services` must be the firmware's.
pub(crate) unsafe fn install(services: &mut BootServices, state: &mut State, fault: u64) {
    state.calls = 0;
    state.get_memory_map = services.get_memory_map;
    state.exit_boot_services = services.exit_boot_services;
    state.locate_protocol = services.locate_protocol;
    match fault {
        0 => services.allocate_pool = out_of_memory,
        1 => services.get_memory_map = larger_and_larger,
        2 => services.get_memory_map = large_at_first,
        3 => services.exit_boot_services = stale_once,
        4 => services.exit_boot_services = stale,
        5 => {
            services.exit_boot_services = stale;
            services.get_memory_map = large_at_last;
        }
        6 => {
            let mut table = DTB_TABLE_GUID;
            // SAFETY: the job is no device tree, but memory.
            let _ = unsafe { (services.install_configuration_table)(&mut table, job().cast()) };
        }
        7 | 8 => {
            state.tpm = [if fault == 7 {
                tpm_error
            } else {
                tpm_with_full_log
            }; 3];
            services.locate_protocol = found_tpm;
        }
        _ => {}
    }
}

/// The state of this program.
fn state() -> *mut State {
    // SAFETY: this only computes an address.
    unsafe { &raw mut (*job()).state }
}

/// Counts the calls of a service, from 1 on.
fn call() -> u64 {
    // SAFETY: the state is this program's, and the firmware runs it on one core.
    unsafe {
        (*state()).calls += 1;
        (*state()).calls
    }
}

unsafe extern "efiapi" fn out_of_memory(_: MemoryType, _: usize, _: *mut *mut c_void) -> Status {
    Status::OUT_OF_RESOURCES
}

unsafe extern "efiapi" fn larger_and_larger(
    size: *mut usize,
    _: *mut MemoryDescriptor,
    _: *mut usize,
    _: *mut usize,
    _: *mut u32,
) -> Status {
    // SAFETY: the caller passes the size of its buffer.
    unsafe { *size += LARGE };
    Status::BUFFER_TOO_SMALL
}

unsafe extern "efiapi" fn large_at_first(
    size: *mut usize,
    map: *mut MemoryDescriptor,
    key: *mut usize,
    descriptor_size: *mut usize,
    version: *mut u32,
) -> Status {
    // SAFETY: the caller's arguments are passed on.
    unsafe {
        match call() {
            1..=3 => larger_and_larger(size, map, key, descriptor_size, version),
            _ => ((*state()).get_memory_map)(size, map, key, descriptor_size, version),
        }
    }
}

/// Grows after boot services could not be ended.
unsafe extern "efiapi" fn large_at_last(
    size: *mut usize,
    map: *mut MemoryDescriptor,
    key: *mut usize,
    descriptor_size: *mut usize,
    version: *mut u32,
) -> Status {
    // SAFETY: the caller's arguments are passed on.
    unsafe {
        match (*state()).calls {
            0 => ((*state()).get_memory_map)(size, map, key, descriptor_size, version),
            _ => larger_and_larger(size, map, key, descriptor_size, version),
        }
    }
}

unsafe extern "efiapi" fn stale(_: Handle, _: usize) -> Status {
    call();
    Status::INVALID_PARAMETER
}

unsafe extern "efiapi" fn stale_once(image: Handle, key: usize) -> Status {
    match call() {
        1 => Status::INVALID_PARAMETER,
        // SAFETY: the caller's arguments are passed on.
        _ => unsafe { ((*state()).exit_boot_services)(image, key) },
    }
}

/// Finds a TPM that does nothing.
unsafe extern "efiapi" fn found_tpm(
    protocol: *mut Guid,
    registration: *mut c_void,
    found: *mut *mut c_void,
) -> Status {
    // SAFETY: the caller passes a protocol and room for the address.
    unsafe {
        if (*protocol).as_fields().0 != TCG2 {
            return ((*state()).locate_protocol)(protocol, registration, found);
        }
        *found = ptr::from_mut(&mut (*state()).tpm).cast();
    }
    Status::SUCCESS
}

unsafe extern "efiapi" fn tpm_error() -> Status {
    Status::DEVICE_ERROR
}

unsafe extern "efiapi" fn tpm_with_full_log() -> Status {
    Status::VOLUME_FULL
}
