// SPDX-License-Identifier: BSD-2-Clause

//! Failures of a component.

use core::fmt;
use core::panic::Location;

use kaal_protocol::Refusal;

/// The reason why a component fails, and the place where `?` returned it.
///
/// ```no_run
/// use kaal_component::{Failure, Refusal, allocate};
///
/// fn run() -> Result<(), Failure> {
///     // Fails here if the quota is exceeded.
///     let memory = allocate(4096)?;
///     // Fails here for a reason of its own.
///     if memory.iter().any(|&byte| byte != 0) {
///         return Err(Refusal::Failed.into());
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    refusal: Refusal,
    place: &'static Location<'static>,
}

impl From<Refusal> for Failure {
    #[track_caller]
    fn from(refusal: Refusal) -> Self {
        let place = Location::caller();
        Self { refusal, place }
    }
}

/// For a text that can't be printed.
impl From<fmt::Error> for Failure {
    #[track_caller]
    fn from(error: fmt::Error) -> Self {
        Refusal::from(error).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed at {}: {}", self.place, self.refusal)
    }
}
