// SPDX-License-Identifier: BSD-2-Clause

//! Describes an image in JSON. Addresses are hexadecimal strings, and sizes are numbers of bytes, as in the manifest.
//! `docs/json.md` documents the fields.

use kaal_payload::{KeyId, PhysAddr, TrustAnchor, key_id};
use serde_json::{Value, json};

use super::Inspected;
use super::summary::Unpacking;
use crate::format::digest::hexadecimal;
use crate::format::{Format, measurement};
use crate::manifest::{Identity, facts, range};
use crate::parts::core_nodes::CoreNode;
use crate::rules::{Outcome, Rule};

/// Describes an image in JSON.
pub(crate) fn to_json(inspected: &Inspected<'_>) -> Value {
    let image = inspected.image;
    let file = image.file();
    let (ram, board) = (inspected.ram(), inspected.board.as_ref());
    let areas = inspected.areas.iter().map(|area| {
        json!({
            "what": area.name,
            "start": area.memory.start.to_string(),
            "end": area.memory.end.to_string(),
            "size": area.memory.size(),
            // Number of bytes with content in the file.
            "stored": area.stored_size(),
        })
    });
    let outcomes = inspected.outcomes.iter();
    let is_measured = image.format() == Format::Efi;
    json!({
        "kind": "KaaL image",
        "reportVersion": 1,
        "file": Identity::of(file.path, file.content),
        "format": image.format().name(),
        "compression": image.compression(),
        "pcr11": is_measured.then(|| hexadecimal(&measurement::pcr(&image.payload().measurement))),
        "entry": image.entry().to_string(),
        "payload": facts(&image.payload()),
        "trust": image.trust_anchor().map(|anchor| trust(&anchor)),
        "bootCore": board.map(|board| PhysAddr(board.boot_core.into()).to_string()),
        "cores": board.map(|board| board.core_nodes.iter().map(core).collect::<Vec<_>>()),
        "ram": ram.map(|ram| ram.iter().copied().map(range).collect::<Vec<_>>()),
        "memory": areas.collect::<Vec<_>>(),
        "holes": {
            "slots": inspected.holes.slots,
            "size": inspected.holes.size(),
        },
        "capdl": inspected.capdl.map(|parts| json!({
            "specification": parts.specification,
            "frames": parts.frames,
        })),
        "unpacking": Unpacking::of(image),
        "checks": outcomes.map(|(rule, outcome)| check(rule, outcome)).collect::<Vec<_>>(),
    })
}

/// Describes a core of the device tree.
fn core(node: &CoreNode) -> Value {
    json!({
        "node": node.name,
        "mpidr": PhysAddr(node.mpidr).to_string(),
    })
}

/// Describes what the loader trusts.
fn trust(anchor: &TrustAnchor) -> Value {
    let [key, other] = {
        let mut keys = anchor.keys();
        [keys.next(), keys.next()]
    };
    json!({
        "key": key.map(|key| hexadecimal(key)),
        "keyId": key.map(|key| KeyId(key_id(key)).to_string()),
        "otherKey": other.map(|key| hexadecimal(key)),
        "otherKeyId": other.map(|key| KeyId(key_id(key)).to_string()),
        "leastVersion": anchor.min_version.get(),
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
