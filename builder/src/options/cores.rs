// SPDX-License-Identifier: BSD-2-Clause

//! Checks the number of cores.

use kaal_payload::MAX_CORES;

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Checks the value of `--cores`.
pub(crate) fn check_asked(asked: Option<u32>) -> Result<(), Diagnostic> {
    match asked {
        Some(cores) => check(Origin::new(Flag::Cores, &cores.to_string()), cores),
        None => Ok(()),
    }
}

/// Checks the number of cores in `origin`.
pub(crate) fn check(origin: Origin<'_>, cores: u32) -> Result<(), Diagnostic> {
    if (1..=MAX_CORES).contains(&cores) {
        return Ok(());
    }
    Err(origin
        .diagnostic("an unsupported number of cores")
        .expected(format!("1 to {MAX_CORES}"))
        .found(cores.to_string())
        .remedy(format!(
            "build the kernel with a KernelMaxNumNodes of 1 to {MAX_CORES}"
        )))
}
