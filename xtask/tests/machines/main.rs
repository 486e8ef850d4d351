// SPDX-License-Identifier: BSD-2-Clause

//! The errors of `cargo xtask` on machines that lack something.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod dist;
mod machine;
mod setup;
mod test;
