// SPDX-License-Identifier: BSD-2-Clause

//! A bill of materials (CycloneDX 1.6) of KaaL's own programs: the crates that each is made of, as
//! `Cargo.lock` has them. An image's manifest can't tell that, since a program doesn't say.

mod crates;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use kaal_harness::workspace::Workspace;
use serde_json::{Value, json};

pub(crate) use crates::{Crates, Name};

/// Writes the document to the folder of the programs.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // The builder runs on several systems; the list is the same wherever it is made.
    let document = document(&Crates::read(workspace, "all")?);
    let file = file(workspace);
    fs::create_dir_all(workspace.artifacts())
        .and_then(|()| fs::write(&file, format!("{document:#}\n")))
        .with_context(|| format!("failed to write {}", file.display()))?;
    println!("wrote {}", file.display());
    Ok(())
}

/// Where the document is written to.
fn file(workspace: &Workspace) -> PathBuf {
    workspace.artifacts().join("kaal.cdx.json")
}

/// The bill of materials of programs that are linked of `crates`.
pub(crate) fn document(crates: &Crates) -> Value {
    let components: Vec<_> = crates
        .licenses
        .iter()
        .map(|(name, license)| component(name, license, crates))
        .collect();
    let programs = crates.programs.iter();
    let dependencies: Vec<_> = programs
        .filter_map(|(package, names)| {
            let this = names.iter().find(|(name, _)| name == package)?;
            let others = names.iter().filter(|name| *name != this);
            Some(json!({
                "ref": reference(this),
                "dependsOn": others.map(reference).collect::<Vec<_>>(),
            }))
        })
        .collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "firmware",
                "bom-ref": "kaal",
                "name": "kaal",
                "version": env!("CARGO_PKG_VERSION"),
            },
        },
        "components": components,
        "dependencies": dependencies,
    })
}

fn component(name: &Name, license: &str, crates: &Crates) -> Value {
    let mut programs = crates.programs.iter();
    let is_program = programs.any(|(package, _)| *package == name.0);
    let mut component = json!({
        "type": if is_program { "application" } else { "library" },
        "bom-ref": reference(name),
        "name": name.0,
        "version": name.1,
        "licenses": [{ "expression": license }],
    });
    if let Some(checksum) = crates.checksums.get(name) {
        component["purl"] = reference(name).into();
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// The package URL of a crate.
fn reference((name, version): &Name) -> String {
    format!("pkg:cargo/{name}@{version}")
}

#[cfg(test)]
mod tests {
    use super::{Crates, document};

    const TREE: &str = "\
kaal-unpacker v0.1.0 (/some/folder)|BSD-2-Clause
crc v3.4.0|MIT OR Apache-2.0
crc v3.4.0|MIT OR Apache-2.0 (*)
";

    const LOCK: &str = "\
version = 4

[[package]]
name = \"crc\"
version = \"3.4.0\"
source = \"registry\"
checksum = \"0123\"

[[package]]
name = \"kaal-unpacker\"
version = \"0.1.0\"
";

    #[test]
    fn crates_are_named_once_without_folders() {
        let document = document(&Crates::of("kaal-unpacker", TREE, LOCK));
        let components = document["components"].as_array().map(Vec::len);
        assert_eq!(components, Some(2));
        assert_eq!(document["components"][0]["purl"], "pkg:cargo/crc@3.4.0");
        assert_eq!(document["components"][0]["hashes"][0]["content"], "0123");
        assert_eq!(document["components"][1]["type"], "application");
        assert!(document["components"][1].get("hashes").is_none());
        assert!(document["components"][1].get("purl").is_none());
        let dependencies = &document["dependencies"][0];
        assert_eq!(dependencies["ref"], "pkg:cargo/kaal-unpacker@0.1.0");
        assert_eq!(dependencies["dependsOn"][0], "pkg:cargo/crc@3.4.0");
        assert!(!document.to_string().contains("/some/folder"));
    }
}
