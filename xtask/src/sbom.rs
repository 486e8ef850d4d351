// SPDX-License-Identifier: BSD-2-Clause

//! A bill of materials (CycloneDX 1.6) of KaaL's own programs: the crates that each is made of, as
//! `Cargo.lock` has them. An image's manifest can't tell that, since a program doesn't say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::process;
use kaal_tests::workspace::Workspace;
use serde_json::{Value, json};

use crate::build::cargo;
use crate::setup::TARGET;

/// The packages whose programs are released, and whether they run on the target.
const PROGRAMS: [(&str, bool); 3] = [
    ("kaal-elfloader", true),
    ("kaal-unpacker", true),
    (Workspace::BUILDER, false),
];

/// Separates what `cargo tree` says of a crate.
const SEPARATOR: char = '|';

/// A crate: its name and version.
type Name = (String, String);

/// Crates and their licences.
type Crates = BTreeMap<Name, String>;

/// Writes the document to the folder of the programs.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut all = Crates::new();
    let mut programs = Vec::new();
    for (package, on_target) in PROGRAMS {
        let mut command = cargo(workspace);
        let tree = process::read(tree(&mut command, package, on_target))?;
        let crates = read_tree(&tree);
        programs.push((package, crates.keys().cloned().collect()));
        all.extend(crates);
    }
    let lock = fs::read_to_string(workspace.root().join("Cargo.lock"))
        .context("failed to read Cargo.lock")?;
    let document = document(&programs, &all, &checksums(&lock));
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

/// `cargo tree` of what `package` is linked of.
fn tree<'a>(command: &'a mut Command, package: &str, on_target: bool) -> &'a mut Command {
    command.args(["tree", "--locked", "--prefix", "none"]);
    command.args(["--edges", "normal,no-proc-macro", "--package", package]);
    command
        .arg("--format")
        .arg(format!("{{p}}{SEPARATOR}{{l}}"));
    // The builder runs on several systems; the list is the same wherever it is made.
    command.args(["--target", if on_target { TARGET } else { "all" }])
}

/// Reads lines like `crc v3.4.0|MIT OR Apache-2.0`; those of the workspace name a folder as well.
fn read_tree(text: &str) -> Crates {
    let lines = text.lines().filter_map(|line| {
        let (name, license) = line.split_once(SEPARATOR)?;
        let (name, rest) = name.split_once(" v")?;
        let version = rest.split(' ').next()?;
        let license = license.trim_end_matches("(*)").trim_end();
        Some(((name.to_owned(), version.to_owned()), license.to_owned()))
    });
    lines.collect()
}

/// The SHA-256 of each crate's archive, of those that come from a registry.
fn checksums(lock: &str) -> BTreeMap<Name, String> {
    let field = |package: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = package.lines().find_map(|line| line.strip_prefix(&start))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            let name = (field(package, "name")?, field(package, "version")?);
            Some((name, field(package, "checksum")?))
        })
        .collect()
}

fn document(
    programs: &[(&str, BTreeSet<Name>)],
    all: &Crates,
    checksums: &BTreeMap<Name, String>,
) -> Value {
    let components: Vec<_> = all
        .iter()
        .map(|(name, license)| component(name, license, checksums.get(name), programs))
        .collect();
    let dependencies: Vec<_> = programs
        .iter()
        .filter_map(|(package, crates)| {
            let this = crates.iter().find(|(name, _)| name == package)?;
            let others = crates.iter().filter(|name| *name != this);
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

fn component(
    name: &Name,
    license: &str,
    checksum: Option<&String>,
    programs: &[(&str, BTreeSet<Name>)],
) -> Value {
    let is_program = programs.iter().any(|(package, _)| *package == name.0);
    let mut component = json!({
        "type": if is_program { "application" } else { "library" },
        "bom-ref": reference(name),
        "name": name.0,
        "version": name.1,
        "licenses": [{ "expression": license }],
    });
    if let Some(checksum) = checksum {
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
    use super::{checksums, document, read_tree};

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
        let crates = read_tree(TREE);
        let programs = [("kaal-unpacker", crates.keys().cloned().collect())];
        let document = document(&programs, &crates, &checksums(LOCK));
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
