// SPDX-License-Identifier: BSD-2-Clause

//! The nightly compiler that KaaL is tested with, which the flake pins.
//!
//! The crates of rust-sel4 need unstable features. Loader and probes need three unstable options:
//! `-Zlocation-detail`, `-Ztrim-paths` and, without a compiled `core` for the target, `-Zbuild-std`.

/// rustup's name for it.
pub const PINNED: &str = "nightly-2026-05-20";

/// The day of its last commit, which `rustc --version` prints.
pub const COMMIT_DATE: &str = "2026-05-19";

/// Its release, the oldest that `cargo xtask` accepts.
pub const MIN_RELEASE: (u64, u64) = (1, 97);
