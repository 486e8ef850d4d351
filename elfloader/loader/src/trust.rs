// SPDX-License-Identifier: BSD-2-Clause

//! Which images a loader boots.

use core::ptr;

use ed25519_dalek::VerifyingKey;
use kaal_integrity::sha256;
use kaal_payload::{
    Decimal, Integrity, KeyId, Payload, TRUST_NOTE_TYPE, TrustAnchor, key_id, signed_message,
};
use kaal_runtime::fail;
use kaal_runtime::link::Note;

/// Decides which images a loader boots.
pub trait Trust {
    /// Whether images may be forged, not only damaged. Forgers know what a loader checks, so it checks all memory that
    /// should be zero, not only its ends, where damage shows. And it authenticates an image before it verifies itself:
    /// an image for another loader is an error of its own.
    const EXPECTS_FORGERIES: bool;

    /// Stops the boot unless the payload is trusted. `header` is what it was parsed from.
    fn authenticate(header: &[u8], payload: &Payload<'_>);

    /// The value for x0 that the loader uses: `firmware_x0`, or 0 to ignore the firmware's device tree.
    fn device_tree(firmware_x0: u64) -> u64;
}

/// Boots any image.
pub struct AnyImage;

impl Trust for AnyImage {
    const EXPECTS_FORGERIES: bool = false;

    fn authenticate(_: &[u8], _: &Payload<'_>) {}

    fn device_tree(firmware_x0: u64) -> u64 {
        firmware_x0
    }
}

/// Boots images that are signed with the loader's key and not older than its minimum version. Uses only the embedded
/// device tree.
pub struct SignedImages;

/// The builder fills this in after compilation, so the compiler must not treat it as a constant.
#[unsafe(link_section = ".note.kaal")]
static ANCHOR: Note<TrustAnchor> = Note::new(TRUST_NOTE_TYPE, TrustAnchor::NONE);

impl Trust for SignedImages {
    const EXPECTS_FORGERIES: bool = true;

    fn authenticate(header: &[u8], payload: &Payload<'_>) {
        // SAFETY: nothing writes to it.
        let anchor = unsafe { ptr::read_volatile(&raw const ANCHOR.content) };
        if anchor == TrustAnchor::NONE {
            fail!("this loader was given no key; build the image with --trust-key");
        }
        if payload.integrity != Integrity::Sha256 || payload.signature == [0; _] {
            fail!("the image is not signed; this loader boots only signed images");
        }
        let trusted = key_id(&anchor.key);
        if payload.key_id != trusted {
            fail!(
                "the image is signed with another key, {}; this loader trusts {}",
                KeyId(payload.key_id),
                KeyId(trusted)
            );
        }
        if !is_signed(header, payload, &anchor) {
            fail!("the signature does not match: the image was changed after it was signed");
        }
        if payload.image_version < anchor.min_version.get() {
            fail!(
                "the image has version {}; this loader boots {} and later",
                Decimal(payload.image_version),
                Decimal(anchor.min_version.get())
            );
        }
    }

    fn device_tree(_: u64) -> u64 {
        0
    }
}

fn is_signed(header: &[u8], payload: &Payload<'_>, anchor: &TrustAnchor) -> bool {
    let Some(signed) = payload.signed_part(header) else {
        return false;
    };
    let message = signed_message(&sha256(signed));
    VerifyingKey::from_bytes(&anchor.key).is_ok_and(|key| {
        key.verify_strict(&message, &payload.signature.into())
            .is_ok()
    })
}
