// SPDX-License-Identifier: BSD-2-Clause

//! Whom the loader trusts, and whether it will trust this image.

use std::path::Path;

use ed25519_dalek::{SigningKey, VerifyingKey};
use kaal_payload::{Integrity, TrustAnchor};

use crate::finding::{Finding, Flag, Origin};
use crate::firmware::Firmware;
use crate::parts::Parts;
use crate::{Inputs, Settings, signing};

/// Whom the loader trusts, and who signs.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The key that the loader trusts.
    pub(crate) key: VerifyingKey,
    /// The key to sign with, the private one to that.
    pub(crate) signing_key: Option<SigningKey>,
    least_version: u64,
}

impl Trust {
    /// Reads the keys. `None` where the image is for a loader that boots any.
    pub(crate) fn read(inputs: &Inputs<'_>) -> Result<Option<Self>, Finding> {
        let Settings {
            integrity,
            image_version,
            least_version,
            ..
        } = inputs.settings;
        let (file, signer) = match (inputs.trust_key, inputs.sign_key) {
            (Some(file), signer) => (file, signer),
            (None, Some(signer)) => return Err(unheard(signer.origin(Flag::SignKey))),
            (None, None) => return Ok(None),
        };
        let key = signing::public_key(file.origin(Flag::TrustKey), file.content)?;
        if integrity != Integrity::Sha256 {
            return Err(too_weak(integrity));
        }
        if image_version < least_version {
            return Err(too_old(image_version, least_version));
        }
        let signing_key = signer
            .map(|signer| {
                let origin = signer.origin(Flag::SignKey);
                let signing_key = signing::private_key(origin, signer.content)?;
                match signing_key.verifying_key() == key {
                    true => Ok(signing_key),
                    false => Err(another_key(origin, file.origin(Flag::TrustKey))),
                }
            })
            .transpose()?;
        Ok(Some(Self {
            key,
            signing_key,
            least_version,
        }))
    }

    fn anchor(&self) -> TrustAnchor {
        TrustAnchor {
            key: self.key.to_bytes(),
            least_version: self.least_version.into(),
        }
    }
}

/// Tells `loader` whom to trust, if it is one that asks, and the image one for such.
pub(crate) fn instruct(
    loader: &mut Firmware,
    origin: Origin<'_>,
    trust: Option<&Trust>,
) -> Result<(), Finding> {
    match (trust, loader.wants_signatures()) {
        (None, false) => Ok(()),
        (Some(trust), true) => {
            loader.trust(&trust.anchor());
            Ok(())
        }
        (Some(_), false) => Err(origin
            .finding("a loader that looks at no signatures")
            .expected("a loader for signed images, because of --trust-key")
            .found("one that boots any image")
            .remedy("give target/kaal/elfloader-signed.elf, which `cargo xtask build` leaves")),
        (None, true) => Err(origin
            .finding("a loader that would refuse the image")
            .expected("the option --trust-key, for a loader of signed images")
            .found("none")
            .remedy("give the option, or target/kaal/elfloader.elf, which boots any image")),
    }
}

/// What may be wrong with `parts`.
pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Finding> {
    let is_unsigned = |trust: &&Trust| trust.signing_key.is_none();
    let unsigned = parts.trust.as_ref().filter(is_unsigned).map(|_| {
        let loader = parts.origins.loader;
        loader
            .finding("will refuse the image as long as it is not signed")
            .expected("the option --sign-key")
            .found("none")
            .remedy("sign it with `kaal-elfloader-builder sign`")
    });
    unsigned.into_iter().collect()
}

fn unheard(origin: Origin<'_>) -> Finding {
    origin
        .finding("no loader would look at the signature")
        .expected("the option --trust-key, and a loader for signed images")
        .found("none")
        .remedy("give the public key to --trust-key")
}

fn another_key(origin: Origin<'_>, trusted: Origin<'_>) -> Finding {
    origin
        .finding("the loader would refuse the signature")
        .expected(format!("the private key to {trusted}"))
        .found("another key")
        .remedy("give two keys that belong together")
}

fn too_weak(integrity: Integrity) -> Finding {
    let value = match integrity {
        Integrity::None => "none",
        Integrity::Crc32c => "crc32c",
        Integrity::Sha256 => "sha256",
    };
    of(Flag::Verify, value)
        .finding("too weak for a signed image")
        .expected("sha256, because of --trust-key: what is signed are hashes")
        .found(value)
        .remedy("leave the option out")
}

fn too_old(version: u64, least_version: u64) -> Finding {
    let version = version.to_string();
    of(Flag::ImageVersion, &version)
        .finding("the loader would refuse the image as too old")
        .expected(format!("{least_version} or more, because of --min-version"))
        .found(&version)
        .remedy("count the image's version up")
}

fn of(flag: Flag, value: &str) -> Origin<'_> {
    Origin {
        flag,
        value: Path::new(value),
    }
}
