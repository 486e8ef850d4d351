// SPDX-License-Identifier: BSD-2-Clause

//! What is signed of an image, and what a loader is told of whom to trust.
//!
//! The payload header holds the digest of all that is booted. So what is signed is the header, from
//! [`crate::SIGNED_FROM`] on; with Ed25519 (RFC 8032), of a message of fixed size that says what the
//! signature is for, so that one made for something else is none for an image.

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Type of the ELF note that marks a loader for signed images; its content is a [`TrustAnchor`].
pub const TRUST_NOTE_TYPE: u32 = 3;

/// What the message that is signed begins with.
pub const SIGNED_CONTEXT: [u8; 32] = *b"KaaL image, payload version 3\0\0\0";

/// An Ed25519 signature (RFC 8032).
pub type Signature = [u8; 64];

/// An Ed25519 public key (RFC 8032).
pub type PublicKey = [u8; 32];

/// Whom a loader trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TrustAnchor {
    /// The key that images are signed with.
    pub key: PublicKey,
    /// The least version that an image may have.
    pub min_version: U64,
}

impl TrustAnchor {
    /// Nobody.
    pub const NONE: Self = Self {
        key: [0; _],
        min_version: U64::ZERO,
    };
}

/// The message whose signature is that of a header with the SHA-256 `hash`.
pub const fn signed_message(hash: &[u8; 32]) -> [u8; 64] {
    let mut message = [0; 64];
    let (context, rest) = message.split_at_mut(SIGNED_CONTEXT.len());
    context.copy_from_slice(&SIGNED_CONTEXT);
    rest.copy_from_slice(hash);
    message
}

/// What tells `key` from others in a payload header and in messages: its first eight bytes, big-endian
/// so that it reads like them.
pub const fn key_id(key: &PublicKey) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
