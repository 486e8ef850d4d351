// SPDX-License-Identifier: BSD-2-Clause

//! Ed25519 keys and signatures (RFC 8032). The keys are in PEM files, as OpenSSL writes them.

pub(crate) mod command;
mod secret;
pub(crate) mod signable;

pub(crate) use secret::read_secret;

use std::error::Error;

use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use kaal_payload::{KeyId, Payload, PublicKey, Signature, TrustAnchor, key_id, signed_message};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::kind::FileKind;
use crate::image_reader::ImageReader;

/// First line of a private key's PEM file (RFC 7468), without its dashes.
pub(crate) const PRIVATE_KEY: &str = "BEGIN PRIVATE KEY";

/// First line of a public key's PEM file.
pub(crate) const PUBLIC_KEY: &str = "BEGIN PUBLIC KEY";

/// Generates a private key and its public key, as the content of PEM files (PKCS #8, RFC 8410). The private key's file
/// doesn't hold the public key, because OpenSSL 3.0 then takes it for damaged.
///
/// # Errors
///
/// Fails if the operating system provides no random numbers.
pub(crate) fn new_pair() -> Result<(Zeroizing<String>, String), Box<dyn Error>> {
    let mut private = KeypairBytes {
        secret_key: [0; _],
        public_key: None,
    };
    getrandom::fill(&mut private.secret_key)?;
    let public = SigningKey::from_bytes(&private.secret_key).verifying_key();
    let private = private.to_pkcs8_pem(LineEnding::LF)?;
    Ok((private, public.to_public_key_pem(LineEnding::LF)?))
}

/// Reads the private key in the PEM file `text`.
pub(crate) fn private_key(origin: Origin<'_>, text: &[u8]) -> Result<SigningKey, Diagnostic> {
    let key = str::from_utf8(text).ok();
    let key = key.and_then(|text| SigningKey::from_pkcs8_pem(text).ok());
    key.ok_or_else(|| {
        let (problem, remedy) = match label(text) {
            Some(PUBLIC_KEY) => (
                "a public key instead of a private key",
                "pass the private key, which `keygen` wrote to its --sign-key",
            ),
            _ => (
                "not a private key",
                "run `kaal-elfloader-builder keygen` to make one",
            ),
        };
        no_key(origin, problem, text, PRIVATE_KEY, " (PKCS #8)").remedy(remedy)
    })
}

/// Reads the public key in the PEM file `text`.
pub(crate) fn public_key(origin: Origin<'_>, text: &[u8]) -> Result<VerifyingKey, Diagnostic> {
    let key = str::from_utf8(text).ok();
    let key = key.and_then(|text| VerifyingKey::from_public_key_pem(text).ok());
    let remedy = "pass the file that `keygen` wrote to its --trust-key, or run `openssl pkey -pubout` on the private key";
    let key = key.ok_or_else(|| {
        let problem = match label(text) {
            Some(PRIVATE_KEY) => "a private key instead of a public key",
            _ => "not a public key",
        };
        no_key(origin, problem, text, PUBLIC_KEY, "").remedy(remedy)
    })?;
    match flaw(&key) {
        None => Ok(key),
        Some(flaw) => Err(origin
            .diagnostic("no private key has this public key")
            .expected("the canonical encoding of a point of large order (RFC 8032, section 5.1)")
            .found(flaw)
            .remedy(remedy)),
    }
}

/// Why no private key has the public key `key`. The library accepts coordinates that are not reduced, and points of
/// small order, for which everybody can sign.
fn flaw(key: &VerifyingKey) -> Option<&'static str> {
    if key.is_weak() {
        Some("a point of small order")
    } else if key.to_edwards().compress().to_bytes() != key.to_bytes() {
        Some("a coordinate of 2^255 - 19 or more")
    } else {
        None
    }
}

/// The diagnostic for a file `text` without the `wanted` kind of key.
fn no_key(
    origin: Origin<'_>,
    problem: &str,
    text: &[u8],
    wanted: &str,
    format: &str,
) -> Diagnostic {
    let found = match label(text) {
        Some(label) if label == wanted => format!("{label:?}, but of another algorithm or damaged"),
        Some(label) => format!("{label:?}"),
        None => {
            let kind = FileKind::of(text);
            kind.known_name().unwrap_or("no PEM file").to_owned()
        }
    };
    origin
        .diagnostic(problem)
        .expected(format!("an Ed25519 key in PEM, {wanted:?}{format}"))
        .found(found)
}

/// The label of the PEM file `text`. `None` if it is no PEM file.
fn label(text: &[u8]) -> Option<&str> {
    let first = text.split(|&byte| byte == b'\n').next()?;
    let first = str::from_utf8(first).ok()?.trim();
    first.strip_prefix("-----")?.strip_suffix("-----")
}

/// Whether `text` is labelled as a private key of any kind.
pub(crate) fn is_private(text: &[u8]) -> bool {
    label(text).is_some_and(|label| label.ends_with("PRIVATE KEY"))
}

/// Whether `text` is labelled as a public key.
pub(crate) fn is_public(text: &[u8]) -> bool {
    label(text) == Some(PUBLIC_KEY)
}

/// Whether `private` is labelled as a public key, and `public` as a private one.
pub(crate) fn are_swapped(private: &[u8], public: &[u8]) -> bool {
    is_public(private) && label(public) == Some(PRIVATE_KEY)
}

/// Takes `bytes` as a signature.
pub(crate) fn signature(origin: Origin<'_>, bytes: &[u8]) -> Result<Signature, Diagnostic> {
    bytes.try_into().map_err(|_| {
        let found = match FileKind::of(bytes).known_name() {
            Some(name) => format!("{} bytes, {name}", bytes.len()),
            None => format!("{} bytes", bytes.len()),
        };
        no_signature(origin, found)
    })
}

/// The diagnostic for `found` in place of a signature.
pub(crate) fn no_signature(origin: Origin<'_>, found: String) -> Diagnostic {
    origin
        .diagnostic("not a signature")
        .expected("64 bytes, an Ed25519 signature (RFC 8032)")
        .found(found)
        .remedy("make the signing program write only the raw signature")
}

/// The message that a signature of `image` signs.
pub(crate) fn message_of(image: &ImageReader<'_>) -> Option<[u8; 64]> {
    let header = &image.file().content[image.payload_header_in_file()];
    message(&image.payload(), header)
}

/// The message that a signature signs of an image with the payload header `payload`, encoded in `header`.
pub(crate) fn message(payload: &Payload<'_>, header: &[u8]) -> Option<[u8; 64]> {
    let signed = payload.signed_part(header)?;
    Some(signed_message(&Sha256::digest(signed).into()))
}

/// Signs `message`.
pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    key.sign(message).to_bytes()
}

/// Whether `signature` is valid for `message` and the key in `anchor` with the ID `key_id`.
pub(crate) fn is_signed(
    anchor: &TrustAnchor,
    key_id: u64,
    message: &[u8],
    signature: &Signature,
) -> bool {
    let key = anchor.key(key_id);
    let key = key.and_then(|key| VerifyingKey::from_bytes(key).ok());
    key.is_some_and(|key| key.verify_strict(message, &signature.into()).is_ok())
}

/// The IDs of `keys`.
pub(crate) fn key_ids<'a>(
    keys: impl IntoIterator<Item = &'a PublicKey>,
    separator: &str,
) -> String {
    let ids = keys.into_iter().map(|key| KeyId(key_id(key)).to_string());
    ids.collect::<Vec<_>>().join(separator)
}
