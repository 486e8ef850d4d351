// SPDX-License-Identifier: BSD-2-Clause

//! Rules about the integrity and the signature of an image's file.

use kaal_payload::{Integrity, KeyId, PublicKey, TrustAnchor, key_id};

use super::{Checked, Situation, Trusted, known};
use crate::diagnostic::{Diagnostic, Flag};
use crate::signing;

/// Why a rule about the file can't be applied to a build.
const NO_FILE: &str = "the image is new";

/// `integrity`
pub(super) fn integrity(situation: &Situation<'_>) -> Checked {
    let image = known(situation.image, NO_FILE)?;
    if let Err(diagnostic) = image.verify() {
        return diagnostic.refused();
    }
    let bytes = image.file().content.len();
    let digest = match image.payload().integrity {
        Integrity::Sha256 => "SHA-256",
        Integrity::None | Integrity::Crc32c => "CRC-32C",
    };
    let regions = image.payload().regions.len();
    Ok(format!(
        "all {bytes} bytes are intact, {regions} regions by {digest}"
    ))
}

/// `signature`
pub(super) fn signature(situation: &Situation<'_>) -> Checked {
    let image = known(situation.image, NO_FILE)?;
    let payload = image.payload();
    let refuse = |expected: String, found: String, remedy: &str| {
        situation
            .complaint(Flag::Image, "the loader will refuse the image")
            .expected(expected)
            .found(found)
            .remedy(remedy)
            .refused()
    };
    let anchor = image.trust_anchor();
    let wanted = &situation.trusted;
    let is_wanted = |anchor: &TrustAnchor| {
        let is_key = |key: &PublicKey| wanted.iter().any(|wanted| wanted.key == *key);
        anchor.keys().count() == wanted.len() && anchor.keys().all(is_key)
    };
    if !wanted.is_empty() && !anchor.as_ref().is_some_and(is_wanted) {
        return untrusted(situation, anchor).refused();
    }
    let anchor = known(anchor, "the loader accepts unsigned images")?;
    let trusted = signing::key_ids(anchor.keys(), " or ");
    let least = anchor.min_version.get();
    if payload.image_version < least {
        return refuse(
            format!("version {least} or later"),
            format!("version {}", payload.image_version),
            "build the image with a larger --image-version",
        );
    }
    if payload.integrity != Integrity::Sha256 {
        return refuse(
            "SHA-256 digests, which the signature covers".to_owned(),
            "weaker digests".to_owned(),
            "build the image again without --verify",
        );
    }
    let id = payload.key_id;
    let is_signed = signing::message_of(image)
        .is_some_and(|message| signing::is_signed(&anchor, id, &message, &payload.signature));
    if !is_signed {
        let found = match anchor.key(id) {
            _ if payload.signature == [0; _] => "no signature".to_owned(),
            Some(_) => "a signature of another image".to_owned(),
            None => format!("a signature by the key {}", KeyId(id)),
        };
        return refuse(
            format!("a signature by the key {trusted}"),
            found,
            "sign it with the key that the loader trusts",
        );
    }
    let (key, version) = (KeyId(id), payload.image_version);
    let signer = wanted.iter().find(|wanted| key_id(&wanted.key) == id);
    let of = signer.map_or_else(String::new, |signer| format!(" of {}", signer.origin));
    Ok(format!(
        "by the key {key}{of}, version {version} of at least {least}"
    ))
}

/// The loader trusts `anchor` instead of the wanted keys.
fn untrusted(situation: &Situation<'_>, anchor: Option<TrustAnchor>) -> Diagnostic {
    let (problem, found) = match anchor {
        Some(anchor) => (
            "the loader trusts other keys",
            format!("the key {}", signing::key_ids(anchor.keys(), " and ")),
        ),
        None => (
            "the loader trusts no key",
            "a loader that accepts unsigned images".to_owned(),
        ),
    };
    let wanted = situation.trusted.iter();
    let wanted = wanted.map(|Trusted { origin, key }| {
        let id = KeyId(key_id(key));
        format!("the key {id} of {origin}")
    });
    situation
        .complaint(Flag::Image, problem)
        .expected(wanted.collect::<Vec<_>>().join(" and "))
        .found(found)
        .remedy("don't install this image; if you built it with other keys, pass those")
}
