// SPDX-License-Identifier: BSD-2-Clause

//! Which images a loader boots.

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ed25519_dalek::VerifyingKey;
use kaal_integrity::{is_zero, sha256};
use kaal_payload::{
    Decimal, Integrity, KeyId, LOADER_MAX_SIZE, Machine, Payload, PublicKey, TRUST_NOTE_TYPE, Text,
    TrustAnchor, key_id, signed_message,
};
use kaal_runtime::link::Note;
use kaal_runtime::{address_of, fail};

/// Decides which images a loader boots.
pub trait Trust {
    /// Whether images may be forged, not only damaged. Forgers know what a loader checks, so it checks all memory that
    /// should be zero, not only its ends, where damage shows. And it authenticates an image before it verifies itself:
    /// an image for another loader is an error of its own.
    const EXPECTS_FORGERIES: bool;

    /// The console and the firmware to report with. `header` is the memory of the payload header, which may be forged.
    fn machine(header: &[u8]) -> Machine;

    /// Stops the boot unless the payload is trusted. `header` is the memory that it was parsed from.
    fn authenticate(header: &[u8], payload: &Payload<'_>);

    /// Whether a fault report may use the payload header.
    fn is_authentic() -> bool;

    /// The value for x0 that the loader uses: `firmware_x0`, or 0 to ignore the firmware's device tree.
    fn device_tree(firmware_x0: u64) -> u64;
}

/// Boots any image.
pub struct AnyImage;

impl Trust for AnyImage {
    const EXPECTS_FORGERIES: bool = false;

    /// The header's, so that errors of the header reach the console. Ignores a console whose registers would lie in the
    /// loader: printing must not change the loader, which has yet to check the header.
    fn machine(header: &[u8]) -> Machine {
        let machine = Payload::peek_machine(header);
        let start = address_of!("__ehdr_start").addr() as u64;
        let own = start..start + LOADER_MAX_SIZE;
        Machine {
            console: machine
                .console
                .filter(|console| !own.contains(&console.base.0)),
            ..machine
        }
    }

    fn authenticate(_: &[u8], _: &Payload<'_>) {}

    fn is_authentic() -> bool {
        true
    }

    fn device_tree(firmware_x0: u64) -> u64 {
        firmware_x0
    }
}

/// Boots images that are signed with one of the loader's keys and not older than its minimum version. Uses only the
/// embedded device tree, and accesses no address from the header before the header is authenticated.
pub struct SignedImages;

/// The builder fills this in after compilation, so the compiler must not treat it as a constant.
#[unsafe(link_section = ".note.kaal")]
static ANCHOR: Note<TrustAnchor> = Note::new(TRUST_NOTE_TYPE, TrustAnchor::NONE);

/// Whether the payload header is authentic.
static IS_AUTHENTIC: AtomicBool = AtomicBool::new(false);

impl Trust for SignedImages {
    const EXPECTS_FORGERIES: bool = true;

    fn machine(_: &[u8]) -> Machine {
        anchor().machine()
    }

    fn authenticate(header: &[u8], payload: &Payload<'_>) {
        let anchor = anchor();
        if anchor.keys().next().is_none() {
            fail!("this loader was given no key; build the image with --trust-key");
        }
        if payload.integrity != Integrity::Sha256 || payload.signature == [0; _] {
            fail!("the image is not signed; this loader boots only signed images");
        }
        let Some(key) = anchor.key(payload.key_id) else {
            fail!(
                "the image is signed with another key, {}; this loader trusts {}",
                KeyId(payload.key_id),
                Keys(&anchor)
            );
        };
        if !is_signed(header, payload, key) {
            fail!("the signature does not match: the image was changed after it was signed");
        }
        if payload.image_version < anchor.min_version.get() {
            fail!(
                "the image has version {}; this loader boots {} and later",
                Decimal(payload.image_version),
                Decimal(anchor.min_version.get())
            );
        }
        if let Err(error) = payload.check_places() {
            fail!("{error}; build the image again");
        }
        if !header.get(payload.size()..).is_some_and(is_zero) {
            fail!("the memory behind the payload header is not zero; load the image again");
        }
        IS_AUTHENTIC.store(true, Relaxed);
    }

    fn is_authentic() -> bool {
        IS_AUTHENTIC.load(Relaxed)
    }

    fn device_tree(_: u64) -> u64 {
        0
    }
}

fn anchor() -> TrustAnchor {
    // SAFETY: nothing writes to it.
    unsafe { ptr::read_volatile(&raw const ANCHOR.content) }
}

/// Printed after "this loader trusts".
struct Keys<'a>(&'a TrustAnchor);

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = Text("");
        for key in self.0.keys() {
            write!(f, "{separator}{}", KeyId(key_id(key)))?;
            separator = Text(" and ");
        }
        Ok(())
    }
}

fn is_signed(header: &[u8], payload: &Payload<'_>, key: &PublicKey) -> bool {
    let Some(signed) = payload.signed_part(header) else {
        return false;
    };
    let message = signed_message(&sha256(signed));
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(&message, &payload.signature.into())
            .is_ok()
    })
}
