// SPDX-License-Identifier: BSD-2-Clause

//! The keys of an image for a loader for signed images.

use ed25519_dalek::SigningKey;
use kaal_payload::{Machine, PublicKey, TrustAnchor};

use super::boot_program::BootProgram;
use crate::diagnostic::{Diagnostic, Flag, Origin, Subject};
use crate::options::Inputs;
use crate::signing;

/// The trusted keys, and the key that signs.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The public key to the signature.
    pub(crate) signer: PublicKey,
    /// The private key that signs the image.
    pub(crate) signing_key: Option<SigningKey>,
    /// The public keys that the loader trusts.
    keys: Vec<PublicKey>,
    min_version: u64,
    /// The option with the public key.
    option: Subject,
}

impl Trust {
    /// Reads the keys. Returns `None` for an image without `--trust-key`.
    pub(crate) fn read(inputs: &Inputs<'_>) -> Result<Option<Self>, Diagnostic> {
        let Some(file) = inputs.trust_key else {
            return Ok(None);
        };
        let public = file.origin(Flag::TrustKey);
        if let Some(signer) = inputs.sign_key
            && signing::are_swapped(signer.content, file.content)
        {
            return Err(swapped(signer.origin(Flag::SignKey), public));
        }
        let mut keys = vec![signing::public_key(public, file.content)?.to_bytes()];
        if let Some(next) = inputs.next_key {
            let origin = next.origin(Flag::NextKey);
            let key = signing::public_key(origin, next.content)?.to_bytes();
            if keys.contains(&key) {
                return Err(same_key(origin, public));
            }
            keys.push(key);
        }
        let signing_key = inputs.sign_key.map(|signer| {
            let origin = signer.origin(Flag::SignKey);
            let signing_key = signing::private_key(origin, signer.content)?;
            match keys.contains(signing_key.verifying_key().as_bytes()) {
                true => Ok(signing_key),
                false => Err(another_key(origin, public)),
            }
        });
        let signing_key = signing_key.transpose()?;
        let signer = signing_key.as_ref().map(SigningKey::verifying_key);
        Ok(Some(Self {
            signer: signer.map_or(keys[0], |key| key.to_bytes()),
            signing_key,
            keys,
            min_version: inputs.settings.min_version,
            option: public.into(),
        }))
    }
}

/// Stores in `loader` what it trusts, and the console and firmware of `machine`. Loader and keys
/// must fit: both for signed images, or neither.
pub(crate) fn instruct(
    loader: &mut BootProgram,
    origin: Origin<'_>,
    trust: Option<&Trust>,
    machine: Machine,
) -> Result<(), Diagnostic> {
    match (trust, loader.anchor) {
        (None, None) => Ok(()),
        (Some(trust), Some(place)) => {
            let anchor = TrustAnchor::new(&trust.keys, trust.min_version, machine);
            loader.trust(place, &anchor);
            Ok(())
        }
        (Some(trust), None) => Err(origin
            .diagnostic("a loader that ignores signatures")
            .expected("a loader for signed images")
            .because_of(trust.option.clone())
            .found("a loader for any image")
            .remedy("pass target/kaal/elfloader-signed.elf, which `cargo xtask build` makes")),
        (None, Some(_)) => Err(origin
            .diagnostic("a loader that would refuse the image")
            .expected("the option --trust-key, for a loader for signed images")
            .found("none")
            .remedy("pass the option, or target/kaal/elfloader.elf, which boots any image")),
    }
}

/// Returns the warning about an unsigned image for a loader for signed images.
pub(crate) fn warnings(loader: Origin<'_>, trust: Option<&Trust>) -> Vec<Diagnostic> {
    let is_unsigned = |trust: &&Trust| trust.signing_key.is_none();
    let unsigned = trust.filter(is_unsigned).map(|_| {
        loader
            .diagnostic("will refuse the image until it is signed")
            .expected("the option --sign-key")
            .found("none")
            .remedy("sign it with `kaal-elfloader-builder sign`")
    });
    unsigned.into_iter().collect()
}

fn swapped(private: Origin<'_>, public: Origin<'_>) -> Diagnostic {
    private
        .diagnostic("a public key instead of a private key")
        .expected(format!("{:?}", signing::PRIVATE_KEY))
        .found(format!("{:?}", signing::PUBLIC_KEY))
        .remedy(format!(
            "swap the two files: the private key is in {public}"
        ))
}

fn another_key(origin: Origin<'_>, trusted: Origin<'_>) -> Diagnostic {
    origin
        .diagnostic("the loader would refuse the signature")
        .expected(format!("the private key to {trusted}"))
        .found("another key")
        .remedy("pass both keys of one pair")
}

fn same_key(next: Origin<'_>, trusted: Origin<'_>) -> Diagnostic {
    next.diagnostic("the same key twice")
        .expected(format!("another key than that of {trusted}"))
        .found("the same key")
        .remedy("pass the key that replaces it, or leave the option out")
}
