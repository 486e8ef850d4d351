// SPDX-License-Identifier: BSD-2-Clause

//! Refusals of the root task and of services.

use core::fmt;

use thiserror::Error;
use zerocopy::TryFromBytes;

use crate::ring::Broken;
use crate::text::TooLong;

/// The reason for a refusal. Its number is the answer's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, TryFromBytes)]
#[repr(u64)]
pub enum Refusal {
    /// The request is malformed.
    #[error("the request is malformed")]
    Malformed = 1,
    /// The request exceeds the quota.
    #[error("the quota is exceeded")]
    Quota,
    /// The resource is exhausted.
    #[error("not enough is left")]
    UsedUp,
    /// The configuration doesn't allow the request.
    #[error(
        "system.toml does not allow it: see `needs`, `devices`, `dma`, `console` and `operator`"
    )]
    NotConfigured,
    /// The object of the request doesn't exist, or its provider doesn't run.
    #[error("not found")]
    NotFound,
    /// Another component has it.
    #[error("another component has it")]
    Taken,
    /// The component doesn't have it.
    #[error("the component does not have it")]
    NotOwned,
    /// Any other reason.
    #[error("the root task failed")]
    Failed,
    /// A device may still access the memory. It is free after the component has stopped.
    #[error("a device may still access the memory")]
    InUse,
    /// The text is longer than a message of its kind allows, mostly [`TEXT_LIMIT`](crate::TEXT_LIMIT).
    #[error("the text is too long")]
    TooLong,
    /// The other end of the channel is hostile or damaged.
    #[error("the other end broke the channel")]
    Broken,
}

impl Refusal {
    /// Checks an answer's label.
    ///
    /// # Errors
    ///
    /// Returns the refusal that the label stands for.
    pub fn check(label: u64) -> Result<(), Self> {
        match label {
            0 => Ok(()),
            label => Err(Self::try_read_from_bytes(&label.to_ne_bytes()).unwrap_or(Self::Failed)),
        }
    }
}

impl From<TooLong> for Refusal {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

impl From<Broken> for Refusal {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// For a text that can't be printed.
impl From<fmt::Error> for Refusal {
    fn from(_: fmt::Error) -> Self {
        Self::Failed
    }
}
