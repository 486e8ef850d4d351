// SPDX-License-Identifier: BSD-2-Clause

//! All that is known of an image, for programs. Fields are in the order of their definition; addresses
//! are text in hexadecimal, as in the image's manifest, and sizes numbers, in bytes. `docs/json.md` describes it for its
//! readers.

use kaal_payload::{KeyId, PhysRange, key_id};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Inspected;
use super::summary::Unpacking;
use crate::format::Compression;
use crate::manifest::{Facts, Identity, hexadecimal};
use crate::rules::Outcome;

/// [`Report::kind`].
const KIND: &str = "KaaL image";

/// [`Report::report_version`].
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    /// What the file is.
    kind: &'static str,
    /// The version of what this module describes.
    report_version: u32,
    file: Identity,
    format: &'static str,
    compression: &'static str,
    /// Where the loader is entered.
    entry: String,
    payload: Facts,
    /// Whom the loader trusts, if it boots signed images only.
    trust: Option<Trust>,
    /// The machine's RAM, as the image's device tree tells.
    ram: Option<Vec<Range>>,
    memory: Vec<Area<'a>>,
    /// What the unpacker does; zeroes in an ELF file.
    unpacking: Unpacking,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trust {
    key: String,
    key_id: String,
    #[serde(rename = "leastVersion")]
    min_version: u64,
}

#[derive(Serialize)]
struct Range {
    start: String,
    end: String,
}

#[derive(Serialize)]
struct Area<'a> {
    what: &'a str,
    start: String,
    end: String,
    size: u64,
    /// Number of bytes that the file has content for.
    stored: u64,
}

#[derive(Serialize)]
struct Check<'a> {
    rule: &'a str,
    verdict: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

/// What is known of `inspected` as JSON.
pub(crate) fn to_json(inspected: &Inspected<'_>) -> String {
    let image = inspected.image;
    let file = image.file();
    let sha256 = Sha256::digest(file.content).into();
    let trust = image.trust_anchor().map(|anchor| Trust {
        key: hexadecimal(&anchor.key),
        key_id: KeyId(key_id(&anchor.key)).to_string(),
        min_version: anchor.min_version.get(),
    });
    let ram = inspected.ram.as_ref();
    let areas = inspected.picture.areas.iter();
    let report = Report {
        kind: KIND,
        report_version: VERSION,
        file: Identity::new(file.path, file.content.len() as u64, &sha256),
        format: image.format().name(),
        compression: match image.compression() {
            Compression::None => "none",
            Compression::Lz4 => "lz4",
        },
        entry: image.entry().to_string(),
        payload: Facts::new(&image.payload()),
        trust,
        ram: ram.map(|ram| ram.iter().map(Range::new).collect()),
        memory: areas
            .map(|area| Area {
                what: area.purpose.name(),
                start: area.memory.start.to_string(),
                end: area.memory.end.to_string(),
                size: area.memory.size(),
                stored: area.stored_size(),
            })
            .collect(),
        unpacking: Unpacking::of(inspected),
        checks: inspected
            .outcomes
            .iter()
            .map(|(rule, outcome)| Check::new(rule.id, outcome))
            .collect(),
    };
    // Text and numbers can always be written.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

impl Range {
    fn new(range: &PhysRange) -> Self {
        Self {
            start: range.start.to_string(),
            end: range.end.to_string(),
        }
    }
}

impl<'a> Check<'a> {
    fn new(rule: &'a str, outcome: &'a Outcome) -> Self {
        let (text, complaint) = match outcome {
            Outcome::Passed(text) | Outcome::NotChecked(text) => (text, None),
            Outcome::Warned(complaint) | Outcome::Refused(complaint) => {
                (&complaint.problem, Some(complaint))
            }
        };
        Self {
            rule,
            verdict: outcome.verdict(),
            text,
            expected: complaint.map(|complaint| complaint.expected.as_str()),
            found: complaint.map(|complaint| complaint.found.as_str()),
            remedy: complaint.map(|complaint| complaint.remedy.as_str()),
        }
    }
}
