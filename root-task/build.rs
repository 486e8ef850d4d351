// SPDX-License-Identifier: BSD-2-Clause

//! Turns the lists of components, and the programs that they name, into Rust code.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use kaal_machine::DeviceTree;
use kaal_manifest::{Program, check_machine, generate, read};

/// The folder that holds the components' programs; `cargo xtask` sets it.
const COMPONENTS: &str = "KAAL_COMPONENTS";

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed={COMPONENTS}");
    println!("cargo::rerun-if-env-changed=SEL4_PREFIX");
    println!("cargo::rerun-if-changed=build.rs");
    let mut code = String::new();
    writeln!(code, "static SYSTEM: &[Embedded] = &[")?;
    embed(&mut code, "system.toml")?;
    writeln!(code, "];\nstatic SELF_TEST: &[Embedded] = &[")?;
    embed(&mut code, "self-test.toml")?;
    writeln!(code, "];")?;
    let out = path("OUT_DIR")?.join("system.rs");
    fs::write(&out, code).with_context(|| format!("failed to write {}", out.display()))
}

/// Adds the components of a list.
fn embed(code: &mut String, list: &str) -> Result<()> {
    println!("cargo::rerun-if-changed={list}");
    let text = fs::read_to_string(list).with_context(|| format!("failed to read {list}"))?;
    let components = read(&text).with_context(|| list.to_owned())?;
    let tree = read_file(&path("SEL4_PREFIX")?.join("support/kernel.dtb"))?;
    let tree = DeviceTree::parse(&tree).context("the kernel's device tree")?;
    check_machine(&components, &tree).with_context(|| list.to_owned())?;
    let programs = path(COMPONENTS)?;
    for component in &components {
        let (program, file) =
            Program::load(&programs, component).with_context(|| list.to_owned())?;
        println!("cargo::rerun-if-changed={}", file.display());
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

fn read_file(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("failed to read {}", file.display()))
}
