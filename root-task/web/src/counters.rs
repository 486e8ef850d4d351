// SPDX-License-Identifier: BSD-2-Clause

//! Requests, refusals and dropped packets, counted.

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
    /// Requests for files that couldn't be read, or not to their end.
    pub failed: u64,
}

/// What the network brought that is not served. The caller counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkCounters {
    /// Packets dropped because they break a rule of their protocol, have a wrong checksum, or are
    /// fragments.
    pub malformed: u64,
    /// Packets dropped because they are for another machine, or of a protocol that nothing here
    /// speaks.
    pub foreign: u64,
    /// How often the network's driver broke a rule of the memory that it shares, and was left.
    pub broken: u64,
}
