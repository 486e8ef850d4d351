// SPDX-License-Identifier: BSD-2-Clause

//! Keys, and what is signed with them: Ed25519 (RFC 8032), in PEM files as OpenSSL writes them.

pub(crate) mod command;
mod secret;
pub(crate) mod signable;

pub(crate) use secret::read_secret;

use std::error::Error;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use kaal_payload::{Payload, Signature, TrustAnchor, signed_message};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Origin};
use crate::image_reader::ImageReader;

/// First line of a private key's PEM file (RFC 7468), without dashes.
pub(crate) const PRIVATE_KEY: &str = "BEGIN PRIVATE KEY";

/// That of a public key's.
pub(crate) const PUBLIC_KEY: &str = "BEGIN PUBLIC KEY";

/// A new private key and its public key, as PEM files hold them (PKCS #8, RFC 8410): the private one alone,
/// since OpenSSL 3.0 takes it for damaged where the public one is with it.
///
/// # Errors
///
/// Fails where the operating system has no random numbers.
pub(crate) fn new_pair() -> Result<(Zeroizing<String>, String), Box<dyn Error>> {
    let mut secret_key = [0; _];
    getrandom::fill(&mut secret_key)?;
    let public = SigningKey::from_bytes(&secret_key).verifying_key();
    let private = KeypairBytes {
        secret_key,
        public_key: None,
    };
    let private = private.to_pkcs8_pem(LineEnding::LF)?;
    Ok((private, public.to_public_key_pem(LineEnding::LF)?))
}

/// The private key in the PEM file `text`.
pub(crate) fn private_key(origin: Origin<'_>, text: &[u8]) -> Result<SigningKey, Diagnostic> {
    let key = str::from_utf8(text).ok();
    let key = key.and_then(|text| SigningKey::from_pkcs8_pem(text).ok());
    key.ok_or_else(|| {
        let (problem, remedy) = match label(text) {
            Some(PUBLIC_KEY) => (
                "a public key, where the private one is wanted",
                "give the private key to it, which `keygen` wrote to its --sign-key",
            ),
            _ => (
                "not a private key",
                "make one with `kaal-elfloader-builder keygen`",
            ),
        };
        no_key(origin, problem, text, PRIVATE_KEY, " (PKCS #8)").remedy(remedy)
    })
}

/// The public key in the PEM file `text`.
pub(crate) fn public_key(origin: Origin<'_>, text: &[u8]) -> Result<VerifyingKey, Diagnostic> {
    let key = str::from_utf8(text).ok();
    let key = key.and_then(|text| VerifyingKey::from_public_key_pem(text).ok());
    key.filter(|key| !key.is_weak()).ok_or_else(|| {
        let problem = match label(text) {
            Some(PRIVATE_KEY) => "a private key, where the public one is wanted",
            _ => "not a public key",
        };
        no_key(origin, problem, text, PUBLIC_KEY, "").remedy(
            "give what `keygen` wrote to its --trust-key, or what `openssl pkey -pubout` makes of the private key",
        )
    })
}

/// Says that `text` holds no key of the kind that `wanted` begins.
fn no_key(
    origin: Origin<'_>,
    problem: &str,
    text: &[u8],
    wanted: &str,
    format: &str,
) -> Diagnostic {
    let found = match label(text) {
        Some(label) if label == wanted => format!("{label:?}, of another kind or damaged"),
        Some(label) => format!("{label:?}"),
        None => "no PEM file".to_owned(),
    };
    origin
        .diagnostic(problem)
        .expected(format!("an Ed25519 key in PEM, {wanted:?}{format}"))
        .found(found)
}

/// What the first line of the PEM file `text` says, if it is one.
fn label(text: &[u8]) -> Option<&str> {
    let first = text.split(|&byte| byte == b'\n').next()?;
    let first = str::from_utf8(first).ok()?.trim();
    first.strip_prefix("-----")?.strip_suffix("-----")
}

/// Whether `text` is a PEM file that is said to hold a private key, of any kind.
pub(crate) fn is_private(text: &[u8]) -> bool {
    label(text).is_some_and(|label| label.ends_with("PRIVATE KEY"))
}

/// Whether `private` is said to hold a public key, and `public` a private one.
pub(crate) fn are_swapped(private: &[u8], public: &[u8]) -> bool {
    label(private) == Some(PUBLIC_KEY) && label(public) == Some(PRIVATE_KEY)
}

/// The signature that `bytes` are.
pub(crate) fn signature(origin: Origin<'_>, bytes: &[u8]) -> Result<Signature, Diagnostic> {
    bytes
        .try_into()
        .map_err(|_| no_signature(origin, format!("{} bytes", bytes.len())))
}

/// Says that what `origin` gave is no signature, but `found`.
pub(crate) fn no_signature(origin: Origin<'_>, found: String) -> Diagnostic {
    origin
        .diagnostic("not a signature")
        .expected("the 64 bytes of an Ed25519 signature (RFC 8032), nothing else")
        .found(found)
        .remedy("let the signing program write the raw signature")
}

/// The message that is signed of `image`.
pub(crate) fn message_of(image: &ImageReader<'_>) -> Option<[u8; 64]> {
    let header = &image.file().content[image.payload_header_in_file()];
    message(&image.payload(), header)
}

/// The message that is signed of an image whose payload header, `payload`, is encoded in `header`.
pub(crate) fn message(payload: &Payload<'_>, header: &[u8]) -> Option<[u8; 64]> {
    let signed = payload.signed_part(header)?;
    Some(signed_message(&Sha256::digest(signed).into()))
}

/// The signature of `message`.
pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    key.sign(message).to_bytes()
}

/// Whether `signature` is one of `message` by the key that `anchor` trusts.
pub(crate) fn is_signed(anchor: &TrustAnchor, message: &[u8], signature: &Signature) -> bool {
    VerifyingKey::from_bytes(&anchor.key)
        .is_ok_and(|key| key.verify_strict(message, &signature.into()).is_ok())
}
