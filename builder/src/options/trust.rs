// SPDX-License-Identifier: BSD-2-Clause

//! Checks keys and versions against each other and against other options.

use std::path::Path;

use kaal_payload::Integrity;

use super::Settings;
use super::choices::{self, CHECKS};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Largest version. JSON stores versions as numbers, and many programs keep only 53 bits of these.
const LARGEST_VERSION: u64 = (1 << 53) - 1;

/// Another remedy for an option without `--trust-key`.
const OR_NOT: &str = ", or leave the option out";

/// The files of keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) trust_key: Option<&'a Path>,
    pub(crate) next_key: Option<&'a Path>,
    pub(crate) sign_key: Option<&'a Path>,
}

/// Returns all problems with keys and versions.
pub(super) fn check(settings: &Settings<'_>, keys: Keys<'_>) -> Vec<Diagnostic> {
    let Settings {
        integrity,
        image_version,
        min_version,
        ..
    } = *settings;
    let diagnostics = match keys.trust_key {
        None => [
            keys.sign_key
                .map(|key| ignored(Origin::new(Flag::SignKey, key), "signature", "")),
            keys.next_key
                .map(|key| ignored(Origin::new(Flag::NextKey, key), "key", OR_NOT)),
            (min_version != 0).then(|| {
                let value = min_version.to_string();
                let origin = Origin::new(Flag::MinVersion, &value);
                ignored(origin, "version", OR_NOT)
            }),
        ],
        Some(key) => [
            (integrity != Integrity::Sha256).then(|| too_weak(integrity, key)),
            (image_version < min_version).then(|| too_old(image_version, min_version)),
            None,
        ],
    };
    let versions = [
        too_large(Flag::ImageVersion, image_version),
        too_large(Flag::MinVersion, min_version),
    ];
    versions.into_iter().chain(diagnostics).flatten().collect()
}

fn too_large(flag: Flag, version: u64) -> Option<Diagnostic> {
    (version > LARGEST_VERSION).then(|| {
        let version = version.to_string();
        Origin::new(flag, &version)
            .diagnostic("too large")
            .expected(format!(
                "at most {LARGEST_VERSION}, so that all programs that read JSON keep it exactly"
            ))
            .found(&version)
            .remedy("number images from 1, or by date")
    })
}

fn ignored(origin: Origin<'_>, what: &str, or_else: &str) -> Diagnostic {
    origin
        .diagnostic(format!("the loader would ignore the {what}"))
        .expected("the option --trust-key, and a loader for signed images")
        .found("none")
        .remedy(format!("pass the public key to --trust-key{or_else}"))
}

fn too_weak(integrity: Integrity, key: &Path) -> Diagnostic {
    let value = choices::name(&CHECKS, integrity);
    Origin::new(Flag::Verify, value)
        .diagnostic("too weak for a signed image, whose signature covers hashes")
        .expected("sha256")
        .because_of(Origin::new(Flag::TrustKey, key))
        .found(value)
        .remedy("leave the option out")
}

fn too_old(version: u64, min_version: u64) -> Diagnostic {
    let version = version.to_string();
    Origin::new(Flag::ImageVersion, &version)
        .diagnostic("the loader would refuse the image as too old")
        .expected(format!("{min_version} or more"))
        .because_of(Origin::new(Flag::MinVersion, &min_version.to_string()))
        .found(&version)
        .remedy("increase the image's version")
}
