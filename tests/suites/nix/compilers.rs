// SPDX-License-Identifier: BSD-2-Clause

//! Checks the compilers of kernels.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::evaluation::evaluate;
use crate::names;

/// Each system with the default compiler of its kernels, and the prefix of GCC's programs there.
pub(crate) const KERNEL_COMPILERS: [(&str, &str, &str); 3] = [
    ("x86_64-linux", "gcc", "aarch64-unknown-linux-gnu-"),
    ("aarch64-linux", "gcc", ""),
    ("aarch64-darwin", "llvm", "aarch64-unknown-linux-gnu-"),
];

/// The check that boots LLVM's kernel if the default is GCC.
const LLVM_CHECK: &str = "boot-qemu-arm-virt-default-llvm";

/// The kernel's build gets the full path of GCC's programs, or LLVM if it is the default. Otherwise, a check
/// boots LLVM's kernel.
pub(crate) fn build_kernels(root: &Path) -> Result<()> {
    let flags = evaluate(
        root,
        "(import ./tests/suites/nix/evaluate.nix).kernelToolchains",
    )?;
    let flags: serde_json::Value = serde_json::from_str(&flags)?;
    let names = names(root)?;
    for (system, default, prefix) in KERNEL_COMPILERS {
        let compilers = &flags[system];
        ensure!(
            compilers["default"] == compilers[default],
            "{system}: {default} expected, found {}",
            compilers["default"]
        );
        let option = compilers["gcc"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|flag| flag.as_str()?.strip_prefix("-DCROSS_COMPILER_PREFIX="));
        let ending = format!("-gcc/bin/{prefix}");
        ensure!(
            option.is_some_and(|path| path.starts_with('/') && path.ends_with(&ending)),
            "{system}: CROSS_COMPILER_PREFIX is {option:?}, not a path that ends in {ending:?}"
        );
        let boots_llvm = names["checks"][system]
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == LLVM_CHECK));
        ensure!(
            boots_llvm == (default != "llvm"),
            "{system}: {LLVM_CHECK} is a check: {boots_llvm}"
        );
    }
    Ok(())
}
