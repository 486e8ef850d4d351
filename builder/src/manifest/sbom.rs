// SPDX-License-Identifier: BSD-2-Clause

//! A bill of materials (CycloneDX 1.6, ECMA-424): the files that an image holds.
//!
//! It has neither a serial number nor a time, both of which are optional, so that the same inputs give
//! the same bytes. What the files themselves are made of, the builder doesn't know, and says so.
//!
//! The fields that it needs are few. Of the libraries, `cyclonedx-bom` 0.8 has the format only up to
//! version 1.5, and brings 57 crates.

use kaal_payload::{PACKAGE_VERSION, VERSION};
use serde_json::{Value, json};

use super::{Identity, Input};
use crate::diagnostic::Flag;

/// `bom-ref` of the image.
const IMAGE: &str = "image";

/// The document for `image`, which was made of `inputs`. An unpacker is part of it only where the
/// image `is_packed`.
pub(super) fn sbom(image: &Identity, inputs: &[Input], is_packed: bool) -> Value {
    let components: Vec<_> = inputs
        .iter()
        .filter(|input| is_packed || input.flag != Flag::Unpacker)
        .filter_map(input_component)
        .collect();
    let references = components.iter().map(|component| &component["bom-ref"]);
    let references: Vec<_> = references.collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {
                "components": [{
                    "type": "application",
                    "bom-ref": "builder",
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                }],
            },
            "component": component("firmware", IMAGE, "bootable image", image),
        },
        "components": components,
        "dependencies": [{ "ref": IMAGE, "dependsOn": references }],
        // How much is known of what something depends on.
        "compositions": [
            { "aggregate": "complete", "dependencies": [IMAGE] },
            { "aggregate": "unknown", "dependencies": references },
        ],
    })
}

/// What `input` becomes a part of the image as; `None` for what only says how to make it.
fn input_component(input: &Input) -> Option<Value> {
    let (kind, reference, description, contract) = match input.flag {
        Flag::Loader => ("firmware", "loader", "KaaL's loader", Some(VERSION)),
        Flag::Unpacker => (
            "firmware",
            "unpacker",
            "KaaL's unpacker",
            Some(PACKAGE_VERSION),
        ),
        Flag::Kernel => ("operating-system", "kernel", "seL4 kernel", None),
        Flag::App => ("application", "root-task", "root task", None),
        Flag::Dtb => ("data", "device-tree", "device tree", None),
        _ => return None,
    };
    let mut component = component(kind, reference, description, &input.file);
    if let Some(version) = contract {
        component["properties"] =
            json!([{ "name": "kaal:contract", "value": version.to_string() }]);
    }
    Some(component)
}

fn component(kind: &str, reference: &str, description: &str, file: &Identity) -> Value {
    json!({
        "type": kind,
        "bom-ref": reference,
        "name": file.name,
        "description": description,
        "hashes": hashes(file),
    })
}

pub(super) fn hashes(file: &Identity) -> Value {
    json!([{ "alg": "SHA-256", "content": file.sha256 }])
}
