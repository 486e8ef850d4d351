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

/// A name and a function that adds `core` to the toolchain.
type Way = (&'static str, fn(&Nightly) -> Result<()>);

/// The ways to add `core`, best first.
const WAYS: [Way; 3] = [
    ("rustup target add aarch64-unknown-none", |nightly| {
        nightly.rustup(&["target", "add", TARGET])
    }),
    ("rustup component add rust-src", |nightly| {
        nightly.rustup(&["component", "add", "rust-src"])
    }),
    (
        "Debian's package rust-src, unpacked into the toolchain",
        |nightly| match Apt::is_there() {
            true => rust_source::unpack(&nightly.compiler),
            false => bail!("this machine has no apt-get and dpkg-deb"),
        },
    ),
];

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
    for (name, add) in WAYS {
        eprintln!("core for {TARGET}: not in the toolchain, trying: {name}");
        let added = add(nightly).and_then(|()| {
            find(&nightly.compiler).context("succeeded, but added nothing to this toolchain")
        });
        match added {
            Ok(library) => return Ok(library),
            Err(error) => failures += &format!("\n  {name}: {error:#}"),
        }
    }
    bail!("core for {TARGET}: not in the toolchain, and all ways to add it failed:{failures}");
}
