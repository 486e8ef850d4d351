// SPDX-License-Identifier: BSD-2-Clause

//! Checks the template of a system and the function that packs it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::evaluation::evaluate;

/// The root task of the template's system gets its list, and a boot test accepts the image.
pub(crate) fn evaluates(root: &Path) -> Result<()> {
    let call = |attribute: &str| {
        let file = "import ./tests/suites/nix/evaluate.nix";
        evaluate(root, &format!("with {file}; (system {{ }}).{attribute}"))
    };
    call("bootTest")?;
    let inputs = call("inputs")?;
    for input in ["nix/template-system/system.toml", "-components-"] {
        ensure!(inputs.contains(input), "{input:?} isn't in {inputs}");
    }
    Ok(())
}

/// The lock file of the template with components has their library's dependencies as in KaaL's own lock file: Nix
/// changes neither.
pub(crate) fn lock_agrees(root: &Path) -> Result<()> {
    const KAALS: &str = "root-task/Cargo.lock";
    const TEMPLATES: &str = "nix/template-system/Cargo.lock";
    let read = |file: &str| {
        fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))
    };
    let (kaals, templates) = (read(KAALS)?, read(TEMPLATES)?);
    let of_kaal = packages(&kaals);
    for package in packages(&templates).into_iter().skip(1) {
        let is_own = !package.contains("\nsource = ") && !package.starts_with("name = \"kaal-");
        ensure!(
            is_own || of_kaal.contains(&package),
            "{TEMPLATES} has another package than {KAALS}: copy {KAALS} to a project that `cargo xtask new system` \
             made, run `cargo metadata` there, and copy its Cargo.lock back:\n{package}"
        );
    }
    Ok(())
}

/// The packages in a lock file, after its head. Cargo adds the version to the name of a dependency only if the file
/// has several versions, so it is left out.
fn packages(lock: &str) -> Vec<String> {
    let without_version =
        |line: &str| match line.strip_prefix(" \"").and_then(|it| it.split_once(' ')) {
            Some((name, _version)) => format!(" \"{name}\",\n"),
            None => format!("{line}\n"),
        };
    let packages = lock.split("[[package]]");
    packages
        .map(|package| package.trim().lines().map(without_version).collect())
        .collect()
}
