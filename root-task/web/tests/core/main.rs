// SPDX-License-Identifier: BSD-2-Clause

//! The server core, with connections in memory.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that can't go on may panic"
)]

mod answers;
mod disk;
mod events;
mod hostile;
mod json;
mod report;
mod slow;
mod wire;
