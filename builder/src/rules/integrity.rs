// SPDX-License-Identifier: BSD-2-Clause

//! Rules of whether an image's file is what was built, and of who says so.

use kaal_payload::{Integrity, KeyId, key_id};

use super::{Complaint, Outcome, Situation, Source};
use crate::signing;

/// `integrity`
pub(super) fn integrity(situation: &Situation<'_>) -> Outcome {
    let Some(image) = situation.image else {
        return Outcome::NotChecked("the image was just made".to_owned());
    };
    let bytes = image.file().content.len();
    let digest = match image.payload().integrity {
        Integrity::Sha256 => "SHA-256",
        Integrity::None | Integrity::Crc32c => "CRC-32C",
    };
    let regions = image.payload().regions.len();
    match image.verify() {
        Ok(()) => Outcome::Passed(format!(
            "all {bytes} bytes accounted for, {regions} regions by their {digest}"
        )),
        Err(finding) => {
            let [problem, expected, found, remedy] = finding.texts();
            Outcome::Refused(
                Complaint::new(Source::Image, problem)
                    .expected(expected)
                    .found(found)
                    .remedy(remedy),
            )
        }
    }
}

/// `signature`
pub(super) fn signature(situation: &Situation<'_>) -> Outcome {
    let Some(image) = situation.image else {
        return Outcome::NotChecked("the image was just made".to_owned());
    };
    let payload = image.payload();
    let refuse = |expected: String, found: String, remedy: &str| {
        Outcome::Refused(
            Complaint::new(Source::Image, "its loader would refuse it")
                .expected(expected)
                .found(found)
                .remedy(remedy),
        )
    };
    let Some(anchor) = image.trust_anchor() else {
        return Outcome::NotChecked("its loader boots images whether signed or not".to_owned());
    };
    let trusted = key_id(&anchor.key);
    let least = anchor.least_version.get();
    if payload.image_version < least {
        return refuse(
            format!("version {least} or more"),
            format!("version {}", payload.image_version),
            "build the image with a larger --image-version",
        );
    }
    let header = &image.file().content[image.payload_header_in_file()];
    let is_signed = signing::message(&payload, header)
        .is_some_and(|message| signing::is_signed(&anchor, &message, &payload.signature));
    if !is_signed {
        let found = match payload.key_id {
            _ if payload.signature == [0; _] => "no signature".to_owned(),
            id if id == trusted => "a signature of another image".to_owned(),
            id => format!("a signature by the key {}", KeyId(id)),
        };
        return refuse(
            format!("a signature by the key {}", KeyId(trusted)),
            found,
            "sign it with the key that its loader trusts",
        );
    }
    let version = payload.image_version;
    Outcome::Passed(format!(
        "by the key {}, version {version} of at least {least}",
        KeyId(trusted)
    ))
}
