// SPDX-License-Identifier: BSD-2-Clause

//! Provides the `core` library for the target, compiled or as source.

use std::fmt;

use anyhow::{Context, Result, bail};
use kaal_harness::process;

use super::apt::Apt;
use super::compiler::{Compiler, TARGET};
use super::nightly::Nightly;
use super::rust_source;

/// How the toolchain holds `core` for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreLibrary {
    /// Compiled.
    Compiled,
    /// As source, which Cargo compiles along with each program.
    Source,
}

/// A way to get `core`: what it is called, and what does it.
type Way = (&'static str, fn(&Nightly) -> Result<()>);

/// The ways to get `core`, best first.
const WAYS: [Way; 3] = [
    ("rustup target add aarch64-unknown-none", |nightly| {
        rustup(nightly, &["target", "add", TARGET])
    }),
    ("rustup component add rust-src", |nightly| {
        rustup(nightly, &["component", "add", "rust-src"])
    }),
    (
        "Debian's package rust-src, unpacked into the toolchain",
        |nightly| match Apt::is_there() {
            true => rust_source::unpack(&nightly.compiler),
            false => bail!("this is no Debian"),
        },
    ),
];

impl CoreLibrary {
    /// The flags that let Cargo find `core`.
    pub(crate) const fn cargo_flags(self) -> &'static [&'static str] {
        match self {
            Self::Compiled => &[],
            Self::Source => &[
                "-Zbuild-std=core,alloc",
                "-Zbuild-std-features=compiler-builtins-mem",
            ],
        }
    }

    fn find(compiler: &Compiler) -> Option<Self> {
        if compiler.has_library(TARGET) {
            Some(Self::Compiled)
        } else if compiler.has_source() {
            Some(Self::Source)
        } else {
            None
        }
    }
}

impl fmt::Display for CoreLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compiled => "compiled, part of the toolchain",
            Self::Source => "built from the toolchain's source of it",
        })
    }
}

/// Finds `core`, or adds it to the toolchain in the first way that succeeds.
pub(crate) fn provide(nightly: &Nightly) -> Result<CoreLibrary> {
    let compiler = &nightly.compiler;
    if let Some(library) = CoreLibrary::find(compiler) {
        return Ok(library);
    }
    let mut failures = Vec::new();
    for (name, add) in WAYS {
        eprintln!("core for {TARGET}: not in the toolchain, trying: {name}");
        let outcome = add(nightly).and_then(|()| {
            CoreLibrary::find(compiler).context("succeeded, but added nothing to this toolchain")
        });
        match outcome {
            Ok(library) => return Ok(library),
            Err(error) => failures.push(format!("\n  {name}: {error:#}")),
        }
    }
    bail!(
        "core for {TARGET}: not in the toolchain, and no way to add it succeeded:{}",
        failures.concat()
    );
}

fn rustup(nightly: &Nightly, arguments: &[&str]) -> Result<()> {
    process::read(nightly.command("rustup").args(arguments)).map(drop)
}
