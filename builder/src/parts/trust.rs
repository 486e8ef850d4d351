// SPDX-License-Identifier: BSD-2-Clause

//! The keys of an image for a loader for signed images.

use ed25519_dalek::{SigningKey, VerifyingKey};
use kaal_payload::TrustAnchor;

use super::boot_program::BootProgram;
use crate::diagnostic::{Diagnostic, Flag, Origin, Subject};
use crate::options::Inputs;
use crate::signing;

/// The trusted key, and the key that signs.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The public key that the loader trusts.
    pub(crate) key: VerifyingKey,
    /// The private key that signs the image.
    pub(crate) signing_key: Option<SigningKey>,
    /// The loader's copy of the public key.
    anchor: TrustAnchor,
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
        let key = signing::public_key(public, file.content)?;
        let signing_key = inputs
            .sign_key
            .map(|signer| {
                let origin = signer.origin(Flag::SignKey);
                let signing_key = signing::private_key(origin, signer.content)?;
                match signing_key.verifying_key() == key {
                    true => Ok(signing_key),
                    false => Err(another_key(origin, public)),
                }
            })
            .transpose()?;
        Ok(Some(Self {
            key,
            signing_key,
            anchor: TrustAnchor {
                key: key.to_bytes(),
                min_version: inputs.settings.min_version.into(),
            },
            option: public.into(),
        }))
    }
}

/// Stores the trusted key in `loader`. Loader and keys must fit: both for signed images, or
/// neither.
pub(crate) fn instruct(
    loader: &mut BootProgram,
    origin: Origin<'_>,
    trust: Option<&Trust>,
) -> Result<(), Diagnostic> {
    match (trust, loader.anchor) {
        (None, None) => Ok(()),
        (Some(trust), Some(place)) => {
            loader.trust(place, &trust.anchor);
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
