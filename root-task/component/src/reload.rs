// SPDX-License-Identifier: BSD-2-Clause

//! Replaces the programs of other components, in development.

use kaal_protocol::{Refusal, Request, TEXT_LIMIT, Text};

use crate::broker;

/// A new program of another component, on its way to the root task. The component's entry in `system.toml` must contain
/// `operator = ["reload"]`, which only `cargo xtask watch` allows.
#[derive(Debug)]
pub struct NewProgram(());

impl NewProgram {
    /// Announces a program of `bytes` for the component `name`, in place of one that isn't complete.
    ///
    /// # Errors
    ///
    /// Fails if the component hasn't the right.
    pub fn begin(name: &str, bytes: usize) -> Result<Self, Refusal> {
        let request = Request::NewProgram(bytes as u64, Text::from(name));
        broker::request(&request).map(|_| Self(()))
    }

    /// Sends the next bytes.
    ///
    /// # Errors
    ///
    /// Fails if another component has announced a program since.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let mut parts = bytes.chunks(TEXT_LIMIT);
        parts.try_for_each(|part| {
            let part = part.iter().copied().collect();
            broker::request(&Request::ProgramPart(part)).map(drop)
        })
    }

    /// Restarts the component with the program. Returns why the root task refuses it; an empty text if it runs.
    ///
    /// # Errors
    ///
    /// Fails if another component has announced a program since.
    pub fn run(self) -> Result<Text, Refusal> {
        broker::request_text(&Request::Reload)
    }
}
