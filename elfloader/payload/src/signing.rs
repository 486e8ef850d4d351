// SPDX-License-Identifier: BSD-2-Clause

//! Signatures of images, and the key that a loader trusts.
//!
//! The payload header holds digests of everything that is booted. So a signature covers the header from
//! [`crate::SIGNED_FROM`] on. It is an Ed25519 signature (RFC 8032) of a message of fixed size. The message begins with
//! a text that says what it is for, so that a signature made for another purpose is not valid for an image.

use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::Machine;
use crate::machine::MachineFields;

/// Type of the ELF note that marks a loader for signed images; its content is a [`TrustAnchor`].
pub const TRUST_NOTE_TYPE: u32 = 3;

/// The start of the message that is signed.
pub const SIGNED_CONTEXT: [u8; 32] = *b"KaaL image, payload version 4\0\0\0";

/// An Ed25519 signature (RFC 8032).
pub type Signature = [u8; 64];

/// An Ed25519 public key (RFC 8032).
pub type PublicKey = [u8; 32];

/// The most keys that a loader trusts: two while one replaces the other.
pub const MAX_KEYS: usize = 2;

/// What a loader trusts, and the machine that it knows before it has authenticated anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TrustAnchor {
    /// The keys, with one of which an image must be signed, in ascending order. Zeroes follow the last key.
    keys: [PublicKey; MAX_KEYS],
    /// The smallest version that an image may have.
    pub min_version: U64,
    /// The [`MachineFields`], without alignment.
    machine: [u8; size_of::<MachineFields>()],
}

impl TrustAnchor {
    /// Trusts no image.
    pub const NONE: Self = Self {
        keys: [[0; _]; _],
        min_version: U64::ZERO,
        machine: [0; _],
    };

    /// Trusts images of version `min_version` or later that are signed with one of `keys`, and knows the console and
    /// the PSCI firmware of `machine`. The order of the keys doesn't matter; those after the first [`MAX_KEYS`] are
    /// dropped.
    pub fn new(keys: &[PublicKey], min_version: u64, machine: Machine) -> Self {
        let machine = Machine {
            gic: None,
            ..machine
        };
        let mut anchor = Self {
            min_version: min_version.into(),
            machine: zerocopy::transmute!(MachineFields::from(machine)),
            ..Self::NONE
        };
        let places = anchor.keys.iter_mut().zip(keys);
        let count = places.map(|(place, key)| *place = *key).count();
        anchor.keys[..count].sort_unstable();
        anchor
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().filter(|key| **key != [0; _])
    }

    /// The key with the [`key_id`] `id`.
    pub fn key(&self, id: u64) -> Option<&PublicKey> {
        self.keys().find(|key| key_id(key) == id)
    }

    /// The console and the PSCI firmware.
    pub fn machine(&self) -> Machine {
        let fields: MachineFields = zerocopy::transmute!(self.machine);
        fields.peek()
    }
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
