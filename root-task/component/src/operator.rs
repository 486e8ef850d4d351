// SPDX-License-Identifier: BSD-2-Clause

//! What only operators may do, as their configuration says.

use kaal_protocol::{Refusal, Report, Request, Text, View};

use crate::broker;

/// A line of what there is to see.
///
/// # Errors
///
/// Fails behind the last line.
pub fn inspect(view: View, line: u64) -> Result<Text, Refusal> {
    broker::request_text(&Request::Inspect { view, line })
}

/// Restarts a component.
///
/// # Errors
///
/// Fails where there is no such component, or memory doesn't suffice.
pub fn restart(name: &str) -> Result<(), Refusal> {
    broker::request(&Request::Restart(Text::from(name))).map(drop)
}

/// Tells the root task the time, by a clock that counts seconds.
///
/// # Errors
///
/// Fails where the component is no operator.
pub fn tick(seconds: u64) -> Result<(), Refusal> {
    broker::request(&Request::Tick(seconds)).map(drop)
}

/// Tells the root task the outcome of a self-test.
///
/// # Errors
///
/// Fails where the component is not the self-test.
pub fn report(report: Report) -> Result<(), Refusal> {
    broker::request(&Request::Report(report)).map(drop)
}

/// Asks the root task to answer with the same word.
///
/// # Errors
///
/// Fails where the root task answers with anything else.
pub fn ping(word: u64) -> Result<(), Refusal> {
    let [answer, ..] = broker::request(&Request::Ping(word))?;
    (answer == word).then_some(()).ok_or(Refusal::Failed)
}
