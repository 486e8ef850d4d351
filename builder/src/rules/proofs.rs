// SPDX-License-Identifier: BSD-2-Clause

//! The rule that compares the kernel's configuration with those of seL4's proofs.

use super::{Checked, Situation, known};
use crate::diagnostic::Flag;

/// `proofs`
pub(super) fn proofs(situation: &Situation<'_>) -> Checked {
    let config = known(situation.config.as_ref(), "--kernel-config is not given")?;
    let proofs = &config.proofs;
    let differences = proofs.differences.join(", ");
    match proofs.file {
        Some(file) if differences.is_empty() => Ok(format!("the kernel of seL4's {file}")),
        _ if !proofs.is_claimed => Ok(format!("not a kernel of seL4's proofs: {differences}")),
        file => {
            let expected = match (file, proofs.expected()) {
                (Some(file), settings) => format!("{settings}, as in seL4's {file}"),
                (None, _) => {
                    "a platform with a file AARCH64_*_verified.cmake in seL4's configs".to_owned()
                }
            };
            let problem = "built for verification, but not a kernel of seL4's proofs";
            situation
                .complaint(Flag::KernelConfig, problem)
                .expected(expected)
                .found(differences)
                .remedy("build the kernel with kernel/PLATFORM/verified.cmake, or with KernelVerificationBuild=OFF")
                .warned()
        }
    }
}
