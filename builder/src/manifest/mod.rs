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

use std::io;

use kaal_payload::{PACKAGE_VERSION, PhysAddr, VERSION};
use serde::Serialize;
use serde_json::Value;

use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;
use crate::options::Settings;

pub(crate) use facts::Facts;
pub(crate) use identity::{Identity, Input, Role, base_name};
pub(crate) use renew::{beside, manifest_path, renewed};

use maps::{MemoryLine, PackageLine};
use sbom::Sbom;
use settings::SettingsFacts;
pub(crate) use settings::{integrity_name, log_level_name};

/// [`Manifest::kind`].
const KIND: &str = "KaaL image manifest";

/// [`Manifest::manifest_version`].
const MANIFEST_VERSION: u32 = 1;

/// A manifest.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// What the file is.
    kind: String,
    /// The version of what this module describes.
    manifest_version: u32,
    kaal: Kaal,
    /// The image's file.
    image: Identity,
    /// The files that it was made of, in the order of [`Role`].
    inputs: Vec<Input>,
    settings: SettingsFacts,
    payload: Facts,
    memory_map: Vec<MemoryLine>,
    /// Empty where the image is an ELF file.
    package_map: Vec<PackageLine>,
    sbom: Sbom,
}

/// What made the image.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kaal {
    version: String,
    /// Version of the contract between builder and loader.
    payload_version: u32,
    /// Version of the contract between builder and unpacker.
    package_version: u32,
}

/// What came of a build.
pub(crate) struct Built<'a> {
    /// The image's file.
    pub(crate) file: &'a [u8],
    /// What its payload header says.
    pub(crate) facts: &'a Facts,
    pub(crate) memory_map: &'a MemoryMap,
    pub(crate) file_map: Option<&'a FileMap>,
}

impl Manifest {
    /// The manifest of `image`, whose file is called `name`, and which was made of `inputs`.
    pub(crate) fn new(
        name: String,
        image: &Built<'_>,
        inputs: Vec<Input>,
        settings: &Settings<'_>,
    ) -> Self {
        let identity = Identity::of(name, image.file);
        Self {
            kind: KIND.to_owned(),
            manifest_version: MANIFEST_VERSION,
            kaal: Kaal {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                payload_version: VERSION,
                package_version: PACKAGE_VERSION,
            },
            sbom: Sbom::new(&identity, &inputs, image.file_map.is_some()),
            image: identity,
            inputs,
            settings: SettingsFacts::new(settings),
            payload: image.facts.clone(),
            memory_map: maps::memory(image.memory_map),
            package_map: image.file_map.map_or(Vec::new(), maps::package),
        }
    }

    /// The manifest as a file holds it.
    pub(crate) fn to_json(&self) -> io::Result<Vec<u8>> {
        to_json(self)
    }
}

/// The manifest, of whatever version, that a file holds, if it is one.
pub(crate) fn parse(file: &[u8]) -> Option<Value> {
    let manifest: Value = serde_json::from_slice(file).ok()?;
    (manifest["kind"] == KIND).then_some(manifest)
}

/// `manifest` as a file holds it.
fn to_json(manifest: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(manifest)?;
    json.push(b'\n');
    Ok(json)
}

/// An address as text.
fn address(address: PhysAddr) -> String {
    address.to_string()
}

/// Bytes as text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
