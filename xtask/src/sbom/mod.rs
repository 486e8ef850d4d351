// SPDX-License-Identifier: BSD-2-Clause

//! A bill of materials (CycloneDX 1.6) of KaaL's own programs: the crates that are linked into each. An image's
//! manifest can't list them, because a program doesn't name its crates.

mod crates;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::crates::Name;
use kaal_harness::workspace::Workspace;
use serde_json::{Value, json};

use crates::Crate;
pub(crate) use crates::Crates;

/// Writes the document beside the programs.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // The builder runs on several systems; the list is the same on all of them.
    let document = document(&Crates::read(workspace, "all")?);
    let file = workspace.artifacts().join("kaal.cdx.json");
    fs::create_dir_all(workspace.artifacts())?;
    fs::write(&file, format!("{document:#}\n"))?;
    println!("wrote {}", file.display());
    Ok(())
}

/// The bill of materials of `crates`.
pub(crate) fn document(crates: &Crates) -> Value {
    let programs = &crates.programs;
    let components = crates.all.iter().map(|(name, linked)| {
        let is_program = programs.iter().any(|(program, _)| *program == name.0);
        component(name, linked, is_program)
    });
    let dependencies = programs.iter().filter_map(|(package, names)| {
        let this = names.iter().find(|(name, _)| name == package)?;
        let others = names.iter().filter(|name| *name != this);
        Some(json!({
            "ref": reference(this),
            "dependsOn": others.map(reference).collect::<Vec<_>>(),
        }))
    });
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
        "components": components.collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    })
}

fn component(name: &Name, linked: &Crate, is_program: bool) -> Value {
    let mut component = json!({
        "type": if is_program { "application" } else { "library" },
        "bom-ref": reference(name),
        "name": name.0,
        "version": name.1,
        "licenses": [{ "expression": linked.license }],
    });
    if let Some(checksum) = &linked.checksum {
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
    use super::{Crate, Crates, document};

    #[test]
    fn only_foreign_crates_have_checksums() {
        let name = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (program, library) = (name("kaal-unpacker", "0.1.0"), name("crc", "3.4.0"));
        let foreign = Crate {
            checksum: Some("0123".to_owned()),
            ..Crate::default()
        };
        let document = document(&Crates {
            programs: vec![(
                "kaal-unpacker",
                [&program, &library].map(Clone::clone).into(),
            )],
            all: [(program, Crate::default()), (library, foreign)].into(),
        });
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
    }
}
