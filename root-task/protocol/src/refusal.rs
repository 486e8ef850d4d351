// SPDX-License-Identifier: BSD-2-Clause

//! Why the root task, or a service, says no.

use core::fmt;

use thiserror::Error;
use zerocopy::TryFromBytes;

/// Why the answer is no; the answer's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, TryFromBytes)]
#[repr(u64)]
pub enum Refusal {
    /// The request makes no sense.
    #[error("the request is malformed")]
    Malformed = 1,
    /// The quota doesn't allow it.
    #[error("the quota does not allow it")]
    Quota,
    /// There is nothing left.
    #[error("there is not enough left")]
    UsedUp,
    /// The configuration doesn't allow it.
    #[error("the configuration does not allow it")]
    NotConfigured,
    /// It is not there.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody has it.
    #[error("it is taken")]
    Taken,
    /// The component doesn't have it.
    #[error("it is not the component's")]
    NotOwned,
    /// Something else.
    #[error("the root task failed")]
    Failed,
}

impl Refusal {
    /// Whether an answer's label means yes.
    ///
    /// # Errors
    ///
    /// Returns the refusal if it means no.
    pub fn check(label: u64) -> Result<(), Self> {
        match label {
            0 => Ok(()),
            label => Err(Self::try_read_from_bytes(&label.to_ne_bytes()).unwrap_or(Self::Failed)),
        }
    }
}

/// A text could not be printed.
impl From<fmt::Error> for Refusal {
    fn from(_: fmt::Error) -> Self {
        Self::Failed
    }
}
