// SPDX-License-Identifier: BSD-2-Clause

//! The bill of materials (CycloneDX 1.6, ECMA-424): the files in an image.
//!
//! It omits serial number and time, which are optional, so that the same inputs give the same bytes. It marks the
//! composition of the files themselves as unknown.

use kaal_payload::{PACKAGE_VERSION, VERSION};
use serde_json::{Value, json};

use super::{Identity, Input};
use crate::diagnostic::Flag;
use crate::format::Format;

/// `bom-ref` of the image.
const IMAGE: &str = "image";

/// The document for `image`, made of `inputs`. It lists the programs before the loader only if the `format` has them.
pub(super) fn sbom(image: &Identity, inputs: &[Input], format: Format) -> Value {
    let components: Vec<_> = inputs
        .iter()
        .filter(|input| match input.flag {
            Flag::Unpacker => format != Format::Elf,
            Flag::EfiStub => format == Format::Efi,
            _ => true,
        })
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
        // Whether the dependencies are complete.
        "compositions": [
            { "aggregate": "complete", "dependencies": [IMAGE] },
            { "aggregate": "unknown", "dependencies": references },
        ],
    })
}

/// The component for `input`. `None` if the image holds nothing of it.
fn input_component(input: &Input) -> Option<Value> {
    let (kind, reference, description, contract) = match input.flag {
        Flag::Loader => ("firmware", "loader", "KaaL's loader", Some(VERSION)),
        Flag::Unpacker => (
            "firmware",
            "unpacker",
            "KaaL's unpacker",
            Some(PACKAGE_VERSION),
        ),
        Flag::EfiStub => (
            "firmware",
            "efi-stub",
            "KaaL's UEFI stub",
            Some(PACKAGE_VERSION),
        ),
        Flag::Kernel => ("operating-system", "kernel", "seL4 kernel", None),
        Flag::App => ("application", "root-task", "root task", None),
        Flag::Microkit => (
            "operating-system",
            "microkit",
            "image of Microkit: seL4 kernel and root task",
            None,
        ),
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
