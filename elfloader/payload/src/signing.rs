// SPDX-License-Identifier: BSD-2-Clause

//! Signatures of images, and the key that a loader trusts.
//!
//! The payload header holds digests of everything that is booted. So a signature covers the header from
//! [`crate::SIGNED_FROM`] on. It is an Ed25519 signature (RFC 8032) of a message of fixed size. The message begins with
//! a text that says what it is for, so that a signature made for another purpose is not valid for an image.

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Type of the ELF note that marks a loader for signed images; its content is a [`TrustAnchor`].
pub const TRUST_NOTE_TYPE: u32 = 3;

/// The start of the message that is signed.
pub const SIGNED_CONTEXT: [u8; 32] = *b"KaaL image, payload version 4\0\0\0";

/// An Ed25519 signature (RFC 8032).
pub type Signature = [u8; 64];

/// An Ed25519 public key (RFC 8032).
pub type PublicKey = [u8; 32];

/// The key and the versions that a loader trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TrustAnchor {
    /// The key that images must be signed with.
    pub key: PublicKey,
    /// The smallest version that an image may have.
    pub min_version: U64,
}

impl TrustAnchor {
    /// Trusts no image.
    pub const NONE: Self = Self {
        key: [0; _],
        min_version: U64::ZERO,
    };
}

/// The message to sign for a header with the SHA-256 `hash`.
pub const fn signed_message(hash: &[u8; 32]) -> [u8; 64] {
    let mut message = [0; 64];
    let (context, rest) = message.split_at_mut(SIGNED_CONTEXT.len());
    context.copy_from_slice(&SIGNED_CONTEXT);
    rest.copy_from_slice(hash);
    message
}

/// The identifier of `key` in a payload header and in messages: its first eight bytes, big-endian so that its digits
/// are in the key's order.
pub const fn key_id(key: &PublicKey) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
