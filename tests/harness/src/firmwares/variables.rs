// SPDX-License-Identifier: BSD-2-Clause

//! The variables of edk2 that say which applications it starts, in the file for QEMU's flash.
//!
//! The layout is that of edk2's `MdeModulePkg/Include/Guid/VariableFormat.h`; the lists of keys are in the UEFI
//! specification, section 32.4.1.

use anyhow::{Context, Result};

/// The offset of the length of the volume with the variables.
const VOLUME_LENGTH: usize = 0x20;

/// The offset of the first variable, behind the headers of the volume and of the store.
const FIRST: usize = 0x64;

/// The bytes at the start of a variable.
const START: [u8; 2] = [0xaa, 0x55];

/// The size of the part of a variable before its name.
const HEADER_SIZE: usize = 60;

/// Offsets in this part: of the state, the attributes, the sizes of name and value, and the owner.
const STATE: usize = 2;
const FLAGS: usize = 4;
const SIZES: [usize; 2] = [36, 40];
const OWNER: usize = 44;

/// States of a variable. A variable is deleted by clearing a bit, as flash can.
const ADDED: u8 = 0x3f;
const DELETED: u8 = 0xfd;

/// Non-volatile, for boot services and the system, changed by signed writes only.
const ATTRIBUTES: u32 = 0x27;

/// Any time, the earliest for the next signed write: 2025-01-01.
const TIME: [u8; 16] = [0xe9, 0x07, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

type Guid = [u8; 16];

/// `EFI_GLOBAL_VARIABLE`, the owner of PK and KEK.
const GLOBAL: Guid = [
    0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
];

/// `EFI_IMAGE_SECURITY_DATABASE_GUID`, the owner of db and dbx.
const DATABASE: Guid = [
    0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f,
];

/// `EFI_CERT_X509_GUID`.
const CERTIFICATE: Guid = [
    0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
];

/// `EFI_CERT_SHA256_GUID`.
const HASH: Guid = [
    0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
];

/// What Secure Boot goes by.
#[derive(Clone, Copy, Debug)]
pub struct Enrolled<'a> {
    /// The certificate of the only key, in the form DER.
    pub certificate: &'a [u8],
    /// The Authenticode hash of an application that never starts.
    pub forbidden: Option<[u8; 32]>,
}

/// Replaces all keys in the volume of `variables`, which has Secure Boot on. Returns the volume, to which zeroes belong
/// up to the size of `variables`.
///
/// # Errors
///
/// Fails if the file has another layout.
pub fn enroll(variables: &[u8], enrolled: Enrolled<'_>) -> Result<Vec<u8>> {
    let length = variables
        .get(VOLUME_LENGTH..)
        .and_then(|rest| rest.first_chunk());
    let length = usize::try_from(u64::from_le_bytes(*length.context("no volume")?))?;
    let mut volume = variables.get(..length).context("no volume")?.to_vec();
    let certificate = list(CERTIFICATE, enrolled.certificate);
    let mut lists = vec![
        ("PK", GLOBAL, certificate.clone()),
        ("KEK", GLOBAL, certificate.clone()),
        ("db", DATABASE, certificate),
    ];
    lists.extend(
        enrolled
            .forbidden
            .map(|hash| ("dbx", DATABASE, list(HASH, &hash))),
    );
    let mut end = FIRST;
    while volume.get(end..end + START.len()) == Some(&START) {
        let header = volume
            .get_mut(end..end + HEADER_SIZE)
            .context("half a header")?;
        if is_list(header) {
            header[STATE] &= DELETED;
        }
        let [name, value] = SIZES.map(|offset| field(header, offset));
        end = (end + HEADER_SIZE + (name + value) as usize).next_multiple_of(4);
    }
    for (name, owner, value) in lists {
        let variable = variable(name, owner, &value)?;
        let place = volume
            .get_mut(end..end + variable.len())
            .context("no room")?;
        place.copy_from_slice(&variable);
        end = (end + variable.len()).next_multiple_of(4);
    }
    Ok(volume)
}

/// Whether this is the header of a list of keys. No other variable of these owners is only changed by signed writes.
fn is_list(header: &[u8]) -> bool {
    let owner = &header[OWNER..];
    field(header, FLAGS) == ATTRIBUTES && (owner == GLOBAL || owner == DATABASE)
}

fn field(header: &[u8], offset: usize) -> u32 {
    let bytes = [0, 1, 2, 3].map(|index| header[offset + index]);
    u32::from_le_bytes(bytes)
}

fn variable(name: &str, owner: Guid, value: &[u8]) -> Result<Vec<u8>> {
    let name: Vec<u8> = name
        .encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect();
    let sizes = [u32::try_from(name.len())?, u32::try_from(value.len())?];
    let parts: [&[u8]; 11] = [
        &START,
        &[ADDED, 0],
        &ATTRIBUTES.to_le_bytes(),
        &0u64.to_le_bytes(),
        &TIME,
        &0u32.to_le_bytes(),
        &sizes[0].to_le_bytes(),
        &sizes[1].to_le_bytes(),
        &owner,
        &name,
        value,
    ];
    Ok(parts.concat())
}

/// An `EFI_SIGNATURE_LIST` with one entry, which nobody owns.
fn list(kind: Guid, entry: &[u8]) -> Vec<u8> {
    let nobody: Guid = [0; 16];
    let size = (nobody.len() + entry.len()) as u32;
    let sizes = [28 + size, 0, size].map(u32::to_le_bytes);
    [&kind, sizes.as_flattened(), &nobody, entry].concat()
}
