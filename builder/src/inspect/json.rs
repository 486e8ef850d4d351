// SPDX-License-Identifier: BSD-2-Clause

//! All that is known of an image, for programs. Addresses are text in hexadecimal, as in the image's manifest, and
//! sizes numbers, in bytes. `docs/json.md` describes it for its readers.

use kaal_payload::{KeyId, key_id};
use serde_json::{Value, json};

use super::Inspected;
use super::summary::Unpacking;
use crate::manifest::{Identity, facts, hexadecimal, range};
use crate::rules::{Outcome, Rule};

/// What is known of `inspected`.
pub(crate) fn to_json(inspected: &Inspected<'_>) -> Value {
    let image = inspected.image;
    let file = image.file();
    let ram = inspected.ram.as_ref();
    let areas = inspected.picture.areas.iter().map(|area| {
        json!({
            "what": area.name,
            "start": area.memory.start.to_string(),
            "end": area.memory.end.to_string(),
            "size": area.memory.size(),
            // Number of bytes that the file has content for.
            "stored": area.stored_size(),
        })
    });
    let outcomes = inspected.outcomes.iter();
    json!({
        "kind": "KaaL image",
        "reportVersion": 1,
        "file": Identity::of(file.path, file.content),
        "format": image.format().name(),
        "compression": image.compression().name(),
        "entry": image.entry().to_string(),
        "payload": facts(&image.payload()),
        "trust": image.trust_anchor().map(|anchor| json!({
            "key": hexadecimal(&anchor.key),
            "keyId": KeyId(key_id(&anchor.key)).to_string(),
            "leastVersion": anchor.min_version.get(),
        })),
        "ram": ram.map(|ram| ram.iter().copied().map(range).collect::<Vec<_>>()),
        "memory": areas.collect::<Vec<_>>(),
        "unpacking": Unpacking::of(image),
        "checks": outcomes.map(|(rule, outcome)| check(rule, outcome)).collect::<Vec<_>>(),
    })
}

fn check(rule: &Rule, outcome: &Outcome) -> Value {
    let mut check = json!({
        "rule": rule.id,
        "verdict": outcome.verdict(),
        "text": outcome.text(),
    });
    if let Outcome::Warned(diagnostic) | Outcome::Refused(diagnostic) = outcome {
        let details = diagnostic.details();
        check["expected"] = json!(details.expected);
        check["found"] = json!(details.found);
        check["remedy"] = json!(details.remedy);
    }
    check
}
