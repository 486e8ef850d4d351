// SPDX-License-Identifier: BSD-2-Clause

//! Turns the lists of components, and their programs, into Rust code.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use kaal_devicetree::DeviceTree;
use kaal_manifest::{List, generate};

/// Names the folder with the components' programs; `cargo xtask` sets it.
const COMPONENTS: &str = "KAAL_COMPONENTS";

/// The `compatible` of QEMU's virt machine, a list with one entry.
const VIRT: &[u8] = b"linux,dummy-virt\0";

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed={COMPONENTS}");
    println!("cargo::rerun-if-env-changed=SEL4_PREFIX");
    println!("cargo::rerun-if-changed=build.rs");
    let blob = path("SEL4_PREFIX")?.join("support/kernel.dtb");
    let read = fs::read(&blob);
    let tree = read.with_context(|| format!("failed to read {}", blob.display()))?;
    let tree = DeviceTree::parse(&tree).context("failed to read the kernel's device tree")?;
    let is_virt = tree
        .find(b"/")
        .is_some_and(|root| root.node().is_compatible(VIRT));
    // The components drive devices of the virt machine only.
    let lists = Path::new(if is_virt { "" } else { "board" });
    let mut code = String::new();
    for (name, file) in [("SYSTEM", "system.toml"), ("SELF_TEST", "self-test.toml")] {
        writeln!(code, "pub(crate) static {name}: &[Embedded] = &[")?;
        embed(&mut code, &lists.join(file), &tree)?;
        writeln!(code, "];")?;
    }
    let out = path("OUT_DIR")?.join("system.rs");
    fs::write(&out, code).with_context(|| format!("failed to write {}", out.display()))
}

/// Generates the components of a list.
fn embed(code: &mut String, file: &Path, tree: &DeviceTree<'_>) -> Result<()> {
    let name = || file.display().to_string();
    println!("cargo::rerun-if-changed={}", name());
    let text = fs::read_to_string(file).with_context(|| format!("failed to read {}", name()))?;
    let list = List::read(&text).with_context(name)?;
    list.check_machine(tree).with_context(name)?;
    let programs = path(COMPONENTS)?;
    for component in &list.components {
        let binary = programs.join(component.binary.get_ref());
        println!("cargo::rerun-if-changed={}", binary.display());
        let program = list.load(component, &programs).with_context(name)?;
        generate(code, component, &program)?;
    }
    Ok(())
}

fn path(variable: &str) -> Result<PathBuf> {
    let value = env::var_os(variable).with_context(|| {
        format!("{variable} is not set: build the root task with `cargo xtask root-task`")
    })?;
    Ok(value.into())
}
