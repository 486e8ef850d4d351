// SPDX-License-Identifier: BSD-2-Clause

//! Requests and refusals, counted.

use serde::Serialize;

/// What the server did since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Requests answered with what they asked for.
    pub answered: u64,
    /// Requests refused: malformed, too long, or for something that doesn't exist.
    pub refused: u64,
    /// Requests refused because too many clients are connected.
    pub busy: u64,
    /// Connections closed because the client was too slow.
    pub slow: u64,
    /// Responses cut short because a file couldn't be read to its end.
    pub failed: u64,
}
