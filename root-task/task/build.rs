// SPDX-License-Identifier: BSD-2-Clause

//! Turns the lists of components, and their programs, into Rust code.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use kaal_devicetree::DeviceTree;
use kaal_manifest::{List, Purpose, folder_for, generate};
use sel4_config::sel4_cfg_usize;

/// Names the folder with the components' programs; `cargo xtask` sets it.
const COMPONENTS: &str = "KAAL_COMPONENTS";

/// Names a list of components in place of `system.toml`.
const SYSTEM: &str = "KAAL_SYSTEM";

/// Names the only components to start, separated by commas.
const ONLY: &str = "KAAL_ONLY";

/// Cargo sets it if the feature `development` is on.
const DEVELOPMENT: &str = "CARGO_FEATURE_DEVELOPMENT";

fn main() -> Result<()> {
    for variable in [COMPONENTS, SYSTEM, ONLY, "SEL4_PREFIX"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let blob = path("SEL4_PREFIX")?.join("support/kernel.dtb");
    let read = fs::read(&blob);
    let tree = read.with_context(|| format!("failed to read {}", blob.display()))?;
    let tree = DeviceTree::parse(&tree).context("failed to read the kernel's device tree")?;
    let defaults = Path::new(folder_for(&tree));
    let system = env::var_os(SYSTEM).map_or_else(|| defaults.join("system.toml"), PathBuf::from);
    let only: Vec<String> = env::var(ONLY)
        .map(|names| names.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let mut code = String::new();
    let purpose = match env::var_os(DEVELOPMENT) {
        Some(_) => Purpose::Development,
        None => Purpose::Production,
    };
    let self_test = defaults.join("self-test.toml");
    for (name, file, only, purpose) in [
        ("SYSTEM", system, only, purpose),
        ("SELF_TEST", self_test, Vec::new(), Purpose::Production),
    ] {
        writeln!(code, "pub(crate) static {name}: &[Embedded] = &[")?;
        embed(&mut code, &file, &tree, &only, purpose)?;
        writeln!(code, "];")?;
    }
    let out = path("OUT_DIR")?.join("system.rs");
    fs::write(&out, code).with_context(|| format!("failed to write {}", out.display()))
}

/// Generates the components of a list.
fn embed(
    code: &mut String,
    file: &Path,
    tree: &DeviceTree<'_>,
    only: &[String],
    purpose: Purpose,
) -> Result<()> {
    let shown = file.display().to_string();
    println!("cargo::rerun-if-changed={shown}");
    let list = List::open(file, &shown, tree, only, purpose)?;
    list.check_cores(sel4_cfg_usize!(MAX_NUM_NODES))?;
    let programs = path(COMPONENTS)?;
    for component in &list.components {
        let binary = programs.join(component.binary.get_ref());
        println!("cargo::rerun-if-changed={}", binary.display());
        let file = list.load(component, &programs)?;
        let program = list.program(component, &file)?;
        generate(code, component, &program, &list.dma(component, tree)?)?;
    }
    Ok(())
}

fn path(variable: &str) -> Result<PathBuf> {
    let value = env::var_os(variable).with_context(|| {
        format!("{variable} is not set: build the root task with `cargo xtask root-task`")
    })?;
    Ok(value.into())
}
