// SPDX-License-Identifier: BSD-2-Clause

//! Measures the image into the TPM (TCG EFI Protocol Specification for TPM 2.0, version 1.0, section 6).

use kaal_payload::{Measurement, TpmEvent};
use r_efi::efi::{Guid, Status};

use crate::console::{Console, Refused};
use crate::firmware::Firmware;

/// `EFI_TCG2_PROTOCOL_GUID`
const TCG2: Guid = Guid::from_fields(
    0x607f_766c,
    0x7455,
    0x42be,
    0x93,
    0x0b,
    &[0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f],
);

/// `EFI_TCG2_PROTOCOL`, up to the function that is called.
#[repr(C)]
struct Tcg2 {
    get_capability: usize,
    get_event_log: usize,
    hash_log_extend_event: unsafe extern "efiapi" fn(
        this: *mut Self,
        flags: u64,
        data: *const Measurement,
        data_size: u64,
        event: *const TpmEvent,
    ) -> Status,
}

/// Extends the register of `event` with the hash of its measurement, and adds `event` to the log. Does nothing without
/// a TPM.
pub(crate) fn measure(
    firmware: &Firmware,
    event: &TpmEvent,
    console: &Console,
) -> Result<(), Refused> {
    let tcg2: *mut Tcg2 = firmware.locate(&TCG2).cast();
    if tcg2.is_null() {
        return Ok(());
    }
    let data = &event.measurement;
    let size = data.len() as u64;
    // SAFETY: the protocol is the firmware's, and the function only reads what it is given.
    let status = unsafe { ((*tcg2).hash_log_extend_event)(tcg2, 0, data, size, event) };
    match status {
        // The register has been extended, but the log is full.
        Status::SUCCESS | Status::VOLUME_FULL => Ok(()),
        status => Err(console.refuse_status(
            "the firmware refuses to measure the image, status #",
            status,
        )),
    }
}
