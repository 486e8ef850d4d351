// SPDX-License-Identifier: BSD-2-Clause

//! A bill of materials (CycloneDX 1.6, ECMA-424): the files that an image holds.
//!
//! It has neither a serial number nor a time, both of which are optional, so that the same inputs give
//! the same bytes. What the files themselves are made of, the builder doesn't know, and says so.
//!
//! The fields that it needs are few. Of the libraries, `cyclonedx-bom` 0.8 has the format only up to
//! version 1.5, and brings 57 crates.

use kaal_payload::{PACKAGE_VERSION, VERSION};
use serde::Serialize;

use super::{Identity, Input, Role};

/// `bom-ref` of the image.
const IMAGE: &str = "image";

/// A document.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sbom {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: String,
    spec_version: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
    compositions: Vec<Composition>,
}

#[derive(Clone, Debug, Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
}

#[derive(Clone, Debug, Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Clone, Debug, Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Hash {
    alg: String,
    content: String,
}

#[derive(Clone, Debug, Serialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    depends_on: Vec<String>,
}

/// How much is known of what something depends on.
#[derive(Clone, Debug, Serialize)]
struct Composition {
    aggregate: String,
    dependencies: Vec<String>,
}

impl Sbom {
    /// The document for `image`, which was made of `inputs`. An unpacker is part of it only where the
    /// image `is_packed`.
    pub(super) fn new(image: &Identity, inputs: &[Input], is_packed: bool) -> Self {
        let components: Vec<_> = inputs
            .iter()
            .filter(|input| is_packed || input.role != Role::Unpacker)
            .filter_map(Component::of_input)
            .collect();
        let references = components.iter().map(|component| &component.bom_ref);
        let references: Vec<String> = references.cloned().collect();
        Self {
            schema: "http://cyclonedx.org/schema/bom-1.6.schema.json".to_owned(),
            bom_format: "CycloneDX".to_owned(),
            spec_version: "1.6".to_owned(),
            version: 1,
            metadata: Metadata {
                tools: Tools {
                    components: vec![Component::builder()],
                },
                component: Component::new("firmware", IMAGE, "bootable image", image),
            },
            components,
            compositions: vec![
                composition("complete", vec![IMAGE.to_owned()]),
                composition("unknown", references.clone()),
            ],
            dependencies: vec![Dependency {
                reference: IMAGE.to_owned(),
                depends_on: references,
            }],
        }
    }
}

impl Hash {
    /// The one of `file`.
    pub(super) fn of(file: &Identity) -> Self {
        Self {
            alg: "SHA-256".to_owned(),
            content: file.sha256.clone(),
        }
    }
}

impl Component {
    fn new(kind: &str, bom_ref: &str, description: &str, file: &Identity) -> Self {
        Self {
            kind: kind.to_owned(),
            bom_ref: bom_ref.to_owned(),
            name: file.name.clone(),
            version: None,
            description: Some(description.to_owned()),
            hashes: vec![Hash::of(file)],
            properties: Vec::new(),
        }
    }

    /// What `input` becomes a part of the image as; `None` for what only says how to make it.
    fn of_input(input: &Input) -> Option<Self> {
        let (kind, bom_ref, description, contract) = match input.role {
            Role::Loader => ("firmware", "loader", "KaaL's loader", Some(VERSION)),
            Role::Unpacker => (
                "firmware",
                "unpacker",
                "KaaL's unpacker",
                Some(PACKAGE_VERSION),
            ),
            Role::Kernel => ("operating-system", "kernel", "seL4 kernel", None),
            Role::RootTask => ("application", "root-task", "root task", None),
            Role::DeviceTree => ("data", "device-tree", "device tree", None),
            Role::Platform | Role::KernelConfig | Role::TrustKey => return None,
        };
        let properties = contract.map(|version| Property {
            name: "kaal:contract".to_owned(),
            value: version.to_string(),
        });
        Some(Self {
            properties: properties.into_iter().collect(),
            ..Self::new(kind, bom_ref, description, &input.file)
        })
    }

    /// The program that this is.
    fn builder() -> Self {
        Self {
            kind: "application".to_owned(),
            bom_ref: "builder".to_owned(),
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            description: None,
            hashes: Vec::new(),
            properties: Vec::new(),
        }
    }
}

fn composition(aggregate: &str, dependencies: Vec<String>) -> Composition {
    Composition {
        aggregate: aggregate.to_owned(),
        dependencies,
    }
}
