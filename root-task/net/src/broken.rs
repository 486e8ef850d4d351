// SPDX-License-Identifier: BSD-2-Clause

//! What an end or the device did wrong.

use thiserror::Error;

/// Error: the other end, or the device, broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// A queue holds more descriptors than it has room for.
    #[error("the other end's count of descriptors is impossible")]
    Count,
    /// A descriptor names no buffer, a buffer that the other end doesn't have, or too many bytes.
    #[error("the other end's descriptor is impossible")]
    Descriptor,
    /// The device returned what it doesn't have, or too many bytes.
    #[error("the device returned an impossible buffer")]
    Device,
}
