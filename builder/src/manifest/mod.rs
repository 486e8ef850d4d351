// SPDX-License-Identifier: BSD-2-Clause

//! What is written beside an image: what it was made of, how, and what came of it.
//!
//! It tells of an image that is built again whether it is the same and, if not, why. So it holds
//! nothing that differs from one machine to another: of files their names without folders, and no
//! time. Fields are in the order of their definition. Addresses are text, in hexadecimal, because
//! many readers of JSON keep no more than 53 bits of a number; sizes are numbers, in bytes.
//!
//! `docs/manifest.md` describes it for its readers, and `docs/json.md` what a payload header says.

mod facts;
mod identity;
mod maps;
mod renew;
mod sbom;
mod settings;

use std::path::Path;

use kaal_payload::{PACKAGE_VERSION, VERSION};
use serde_json::{Value, json};

use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;
use crate::options::Settings;

pub(crate) use facts::{console_name, facts};
pub(crate) use identity::{Identity, Input, ROLES, base_name};
pub(crate) use maps::range;
pub(crate) use renew::{beside, manifest_path, renewed};

/// What the field `kind` says the file is.
const KIND: &str = "KaaL image manifest";

/// The version of what this module describes.
const MANIFEST_VERSION: u32 = 1;

/// What came of a build.
pub(crate) struct Built<'a> {
    /// The image's file.
    pub(crate) file: &'a [u8],
    /// What its payload header says.
    pub(crate) facts: &'a Value,
    pub(crate) memory_map: &'a MemoryMap,
    pub(crate) file_map: Option<&'a FileMap>,
}

/// The manifest of `image`, whose file is at `path`, and which was made of `inputs`.
pub(crate) fn built(
    path: &Path,
    image: &Built<'_>,
    inputs: &[Input],
    settings: &Settings<'_>,
) -> Vec<u8> {
    let identity = Identity::of(path, image.file);
    to_json(&json!({
        "kind": KIND,
        "manifestVersion": MANIFEST_VERSION,
        "kaal": {
            "version": env!("CARGO_PKG_VERSION"),
            // Versions of the contracts between builder and loader, and between builder and unpacker.
            "payloadVersion": VERSION,
            "packageVersion": PACKAGE_VERSION,
        },
        "image": identity,
        // In the order of `ROLES`.
        "inputs": inputs,
        "settings": settings::facts(settings),
        "payload": image.facts,
        "memoryMap": maps::memory(image.memory_map),
        // Empty where the image is an ELF file.
        "packageMap": image.file_map.map_or(Vec::new(), maps::package),
        "sbom": sbom::sbom(&identity, inputs, image.file_map.is_some()),
    }))
}

/// The manifest, of whatever version, that a file holds, if it is one.
pub(crate) fn parse(file: &[u8]) -> Option<Value> {
    let manifest: Value = serde_json::from_slice(file).ok()?;
    (manifest["kind"] == KIND).then_some(manifest)
}

/// `manifest` as a file holds it.
fn to_json(manifest: &Value) -> Vec<u8> {
    format!("{manifest:#}\n").into_bytes()
}

/// Bytes as text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
