// SPDX-License-Identifier: BSD-2-Clause

//! edk2's variables with keys for Secure Boot.
//!
//! edk2 keeps variables in a store at the beginning of a firmware volume. If it finds a platform key there, it verifies
//! all images. Sources: UEFI's Platform Initialization Specification, volume 3, for the volume; edk2's
//! `VariableFormat.h` for the store; the UEFI specification 2.10, section 32.4.1, for the lists of keys.

use uuid::{Uuid, uuid};

/// The size of the volume, and of one of its blocks.
const VOLUME: usize = 0xc_0000;
const BLOCK: u32 = 0x4_0000;
/// The number of blocks in flash, which edk2's own volumes name too.
const BLOCKS: u32 = 0x100;
/// The sizes of the volume's header and of the part of the first block that the store takes.
const VOLUME_HEADER: u16 = 0x48;
const STORE: u32 = 0x3_ffb8;
/// The place of the checksum in the volume's header.
const CHECKSUM: usize = 0x32;

/// Kinds of volumes, stores and lists.
const VARIABLES: Uuid = uuid!("fff12b8d-7696-4c8b-a985-2747075b4f50");
const AUTHENTICATED: Uuid = uuid!("aaf32c78-947b-439a-a180-2e144ec37792");
const X509: Uuid = uuid!("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");
const SHA256: Uuid = uuid!("c1c41626-504c-4092-aca9-41f936934328");

/// Vendors of variables.
const GLOBAL: Uuid = uuid!("8be4df61-93ca-11d2-aa0d-00e098032b8c");
const SECURITY_DATABASE: Uuid = uuid!("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

/// The owner of the entries in lists, which edk2 ignores.
const OWNER: Uuid = uuid!("4b61614c-0000-4000-8000-6b6579000001");

/// Non-volatile, for boot and run time, and authenticated by a time.
const ATTRIBUTES: u32 = 0x27;

/// What Secure Boot goes by.
#[derive(Clone, Copy, Debug)]
pub struct Enrolled<'a> {
    /// The certificate of the only key, in the form DER.
    pub certificate: &'a [u8],
    /// The Authenticode hash of an application that never starts.
    pub forbidden: Option<[u8; 32]>,
}

/// The content of a flash with these keys. edk2 adds its other variables.
pub fn enroll(enrolled: Enrolled<'_>) -> Vec<u8> {
    let certificate = list(X509, enrolled.certificate);
    let mut lists = vec![
        ("PK", GLOBAL, certificate.clone()),
        ("KEK", GLOBAL, certificate.clone()),
        ("db", SECURITY_DATABASE, certificate),
    ];
    let forbidden = enrolled.forbidden.map(|hash| list(SHA256, &hash));
    lists.extend(forbidden.map(|list| ("dbx", SECURITY_DATABASE, list)));
    let mut content = [volume_header(), store_header()].concat();
    for (name, vendor, list) in lists {
        content.extend(variable(name, vendor, &list));
        content.resize(content.len().next_multiple_of(4), ERASED);
    }
    content.resize(VOLUME, ERASED);
    content
}

/// Whether edk2 has found a platform key in the flash `content`, and so verifies images: it then adds a variable that
/// says so.
pub fn is_enforced(content: &[u8]) -> bool {
    let name = utf16("SecureBootEnable");
    content.windows(name.len()).any(|place| place == name)
}

/// A byte of erased flash.
const ERASED: u8 = 0xff;

fn volume_header() -> Vec<u8> {
    let mut header = [
        &[0; 16],
        &VARIABLES.to_bytes_le()[..],
        &(VOLUME as u64).to_le_bytes(),
        b"_FVH",
        // Readable and writable, in memory, sticky, erased to ones.
        &0xe36u32.to_le_bytes(),
        &VOLUME_HEADER.to_le_bytes(),
        // The checksum, no further header, a reserved byte, and the revision.
        &[0, 0, 0, 0, 0, 2],
        &BLOCKS.to_le_bytes(),
        &BLOCK.to_le_bytes(),
        // The list of blocks ends.
        &[0; 8],
    ]
    .concat();
    let words = header.chunks_exact(2);
    let sum = words.fold(0u16, |sum, word| {
        sum.wrapping_add(u16::from_le_bytes([word[0], word[1]]))
    });
    header[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
    header
}

fn store_header() -> Vec<u8> {
    [
        &AUTHENTICATED.to_bytes_le()[..],
        &STORE.to_le_bytes(),
        // Formatted, healthy, and reserved bytes.
        &[0x5a, 0xfe, 0, 0, 0, 0, 0, 0],
    ]
    .concat()
}

/// A list with one entry.
fn list(kind: Uuid, content: &[u8]) -> Vec<u8> {
    let entry = [&OWNER.to_bytes_le()[..], content].concat();
    let header = size_of::<[u8; 16]>() + 3 * size_of::<u32>();
    [
        &kind.to_bytes_le()[..],
        &number(header + entry.len()),
        &number(0),
        &number(entry.len()),
        &entry,
    ]
    .concat()
}

fn variable(name: &str, vendor: Uuid, value: &[u8]) -> Vec<u8> {
    let name = [utf16(name), vec![0; 2]].concat();
    [
        // The mark of a variable, complete and not deleted, and a reserved byte.
        &[0xaa, 0x55, 0x3f, 0][..],
        &ATTRIBUTES.to_le_bytes(),
        // A counter that isn't used, the time 0, and no index of a key.
        &[0; 8 + 16 + 4],
        &number(name.len()),
        &number(value.len()),
        &vendor.to_bytes_le(),
        &name,
        value,
    ]
    .concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A size below 64 KiB as four bytes.
fn number(size: usize) -> [u8; 4] {
    let [low, high, ..] = size.to_le_bytes();
    [low, high, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::{Enrolled, VOLUME_HEADER, enroll, is_enforced};

    #[test]
    fn the_header_sums_up_to_zero() {
        let content = enroll(Enrolled {
            certificate: b"certificate",
            forbidden: None,
        });
        let header = &content[..usize::from(VOLUME_HEADER)];
        let words = header.chunks_exact(2);
        let sum = words.fold(0, |sum: u16, word| {
            sum.wrapping_add(u16::from_le_bytes([word[0], word[1]]))
        });
        assert_eq!(sum, 0);
        assert!(!is_enforced(&content));
    }
}
