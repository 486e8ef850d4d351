// SPDX-License-Identifier: BSD-2-Clause

//! Whom a loader believes.

use core::ptr;

use ed25519_dalek::VerifyingKey;
use kaal_integrity::sha256;
use kaal_payload::{
    Decimal, Integrity, KeyId, Payload, TRUST_NOTE_TYPE, TrustAnchor, key_id, signed_message,
};
use kaal_runtime::fail;
use kaal_runtime::link::Note;

/// Which images a loader boots.
pub trait Trust {
    /// Whether images may be forged, not only damaged. Who forges one knows where others look: so memory that
    /// should be zero is looked at as a whole, not only at its ends, where damage leaves traces. And an
    /// image that is signed for another loader is called that, not a damaged loader.
    const EXPECTS_FORGERIES: bool;

    /// Stops unless the payload is one to be trusted; `header` holds the header that it is from.
    fn authenticate(header: &[u8], payload: &Payload<'_>);

    /// The address of a device tree, or what else may stand in its place, that may describe the
    /// machine: `firmware_x0`, or 0 for none.
    fn device_tree(firmware_x0: u64) -> u64;
}

/// Any image is booted.
pub struct AnyImage;

impl Trust for AnyImage {
    const EXPECTS_FORGERIES: bool = false;

    fn authenticate(_: &[u8], _: &Payload<'_>) {}

    fn device_tree(firmware_x0: u64) -> u64 {
        firmware_x0
    }
}

/// Images are booted that were signed with the key that the builder gave the loader, and that are not
/// older than it was told. Of device trees, only the one counts that is part of the image.
pub struct SignedImages;

/// Filled in by the builder, so not a constant to the compiler: it is read as if it could change.
#[unsafe(link_section = ".note.kaal")]
static ANCHOR: Note<TrustAnchor> = Note::new(TRUST_NOTE_TYPE, TrustAnchor::NONE);

impl Trust for SignedImages {
    const EXPECTS_FORGERIES: bool = true;

    fn authenticate(header: &[u8], payload: &Payload<'_>) {
        // SAFETY: a constant.
        let anchor = unsafe { ptr::read_volatile(&raw const ANCHOR.content) };
        if anchor == TrustAnchor::NONE {
            fail!("this loader was given no key; build the image with --trust-key");
        }
        if payload.integrity != Integrity::Sha256 || payload.signature == [0; _] {
            fail!("the image is not signed, this loader boots signed ones only");
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
                "the image has version {}, this loader boots {} and later ones",
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
