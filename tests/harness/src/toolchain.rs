// SPDX-License-Identifier: BSD-2-Clause

//! The nightly compiler that KaaL is tested with: the one that the flake pins.
//!
//! The crates of rust-sel4 need unstable features of the compiler. Loader and probes need three of its options:
//! `-Zlocation-detail`, `-Ztrim-paths` and, where there is no compiled `core` for the target, `-Zbuild-std`.

/// What rustup calls it.
pub const PINNED: &str = "nightly-2026-05-20";

/// The day of its last change, which it tells itself.
pub const COMMIT_DATE: &str = "2026-05-19";

/// Its release, the oldest that is tried.
pub const MIN_RELEASE: (u64, u64) = (1, 97);
