// SPDX-License-Identifier: BSD-2-Clause

//! The manifest beside an image: its inputs, settings and content.
//!
//! Comparing the manifests of two builds shows whether the images are the same and, if not, why. So a manifest holds
//! nothing that depends on the machine: file names without folders, and no time. Addresses are hexadecimal strings,
//! because many readers of JSON keep only 53 bits of a number. Sizes are numbers of bytes.
//!
//! `docs/manifest.md` documents the manifest, and `docs/json.md` the payload header in it.

mod facts;
mod identity;
mod renew;
mod sbom;
mod settings;

use std::path::Path;

use kaal_payload::{PACKAGE_VERSION, PhysRange, VERSION};
use serde_json::{Value, json};

use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;
use crate::options::Settings;
use crate::printable;

pub(crate) use facts::{console_name, facts};
pub(crate) use identity::{Identity, Input, ROLES, base_name};
pub(crate) use renew::{beside, manifest_path, renewed};

/// Value of the field `kind`.
const KIND: &str = "KaaL image manifest";

/// Version of the manifest's format.
const MANIFEST_VERSION: u32 = 1;

/// The results of a build.
pub(crate) struct Built<'a> {
    /// The image's file.
    pub(crate) file: &'a [u8],
    /// The payload header, from [`facts()`].
    pub(crate) facts: &'a Value,
    pub(crate) memory_map: &'a MemoryMap,
    pub(crate) file_map: Option<&'a FileMap>,
}

/// The manifest of the image at `path`, made of `inputs`.
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
            // Versions of the payload header and of the package header.
            "payloadVersion": VERSION,
            "packageVersion": PACKAGE_VERSION,
        },
        "image": identity,
        // In the order of `ROLES`.
        "inputs": inputs,
        "settings": settings::facts(settings),
        "payload": image.facts,
        "memoryMap": memory_map(image.memory_map),
        // Empty for an ELF file.
        "packageMap": image.file_map.map_or(Vec::new(), package_map),
        "sbom": sbom::sbom(&identity, inputs, settings.format),
    }))
}

/// The lines of the memory map.
fn memory_map(map: &MemoryMap) -> Vec<Value> {
    let lines = map.entries().iter().map(|entry| {
        json!({
            "start": entry.memory.start.to_string(),
            "end": entry.memory.end.to_string(),
            "what": entry.what,
            // `null` for content that the builder generates.
            "file": entry.file.as_deref().map(base_name),
        })
    });
    lines.collect()
}

/// The lines of a package's file map.
fn package_map(map: &FileMap) -> Vec<Value> {
    let lines = map.entries().iter().map(|piece| {
        json!({
            // From the first byte of the unpacker.
            "offset": piece.offset,
            "size": piece.size,
            "what": piece.what,
            // `null` if it stays at its loaded address.
            "unpackedTo": piece.memory.map(range),
        })
    });
    lines.collect()
}

/// Start and end of `memory`.
pub(crate) fn range(memory: PhysRange) -> Value {
    json!({ "start": memory.start.to_string(), "end": memory.end.to_string() })
}

/// Parses a manifest of any version. `None` if `file` is no manifest.
pub(crate) fn parse(file: &[u8]) -> Option<Value> {
    let manifest: Value = serde_json::from_slice(file).ok()?;
    (manifest["kind"] == KIND).then_some(manifest)
}

/// The bytes of a manifest's file.
fn to_json(manifest: &Value) -> Vec<u8> {
    printable::json(&format!("{manifest:#}\n")).into_bytes()
}
