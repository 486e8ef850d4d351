// SPDX-License-Identifier: BSD-2-Clause

//! Provides the `core` library for the target, compiled or as source.

use anyhow::{Context, Result, bail};

use super::apt::Apt;
use super::compiler::{Compiler, TARGET};
use super::nightly::Nightly;
use super::rust_source;

/// A form in which a toolchain has `core` for the target.
#[derive(Debug)]
pub(crate) struct CoreLibrary {
    pub(crate) description: &'static str,
    /// The flags that make Cargo use it.
    pub(crate) cargo_flags: &'static [&'static str],
}

const COMPILED: CoreLibrary = CoreLibrary {
    description: "compiled, part of the toolchain",
    cargo_flags: &[],
};

/// Cargo compiles it with each program.
const SOURCE: CoreLibrary = CoreLibrary {
    description: "built from the toolchain's source",
    cargo_flags: &[
        "-Zbuild-std=core,alloc",
        "-Zbuild-std-features=compiler-builtins-mem",
    ],
};

/// The ways to add `core` to the toolchain, best first: commands of rustup, and the one without it.
const WAYS: [&str; 3] = [
    "rustup target add aarch64-unknown-none",
    "rustup component add rust-src",
    "Debian's package rust-src, unpacked into the toolchain",
];

fn add(nightly: &Nightly, way: &str) -> Result<()> {
    match way.strip_prefix("rustup ") {
        Some(arguments) => nightly.rustup(arguments),
        None if Apt::is_there() => rust_source::unpack(&nightly.compiler),
        None => bail!("this machine has no apt-get and dpkg-deb"),
    }
}

fn find(compiler: &Compiler) -> Option<CoreLibrary> {
    match (compiler.has_library(TARGET), compiler.has_source()) {
        (true, _) => Some(COMPILED),
        (false, true) => Some(SOURCE),
        (false, false) => None,
    }
}

/// Finds `core`, or adds it to the toolchain in the first way that succeeds.
pub(crate) fn provide(nightly: &Nightly) -> Result<CoreLibrary> {
    if let Some(library) = find(&nightly.compiler) {
        return Ok(library);
    }
    let mut failures = String::new();
    for way in WAYS {
        eprintln!("core for {TARGET}: not in the toolchain, trying: {way}");
        let added = add(nightly, way).and_then(|()| {
            find(&nightly.compiler).context("succeeded, but added nothing to this toolchain")
        });
        match added {
            Ok(library) => return Ok(library),
            Err(error) => failures += &format!("\n  {way}: {error:#}"),
        }
    }
    bail!("core for {TARGET}: not in the toolchain, and all ways to add it failed:{failures}");
}
