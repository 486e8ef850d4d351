// SPDX-License-Identifier: BSD-2-Clause

//! Requests that the broker grants only to operators or the self-test, except `ping`.

use kaal_protocol::{Malformed, Refusal, Request, Test, Text, Topic, View};

use crate::broker;

/// Returns a line of a view; the first has the number 0. The component's entry in `system.toml` must
/// contain `operator = ["inspect", "restart"]`.
///
/// ```no_run
/// use core::fmt::Write;
///
/// use kaal_component::{Console, Failure, View, inspect};
///
/// fn run() -> Result<(), Failure> {
///     let mut console = Console::open()?;
///     for line in (0..).map_while(|line| inspect(View::Components, line).ok()) {
///         writeln!(console, "{}", line.as_str())?;
///     }
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Fails after the last line, or if the component isn't an operator.
pub fn inspect(view: View, line: u64) -> Result<Text, Refusal> {
    broker::request_text(&Request::Inspect(view, line))
}

/// Copies a topic's records to `words`, without the first `from`; of the log, without those of lower
/// numbers. Returns how many words it wrote: whole records, and nothing after the last.
/// [`records`](kaal_protocol::records()) reads them. The component's entry in `system.toml` must
/// contain `operator = ["inspect"]`.
///
/// # Errors
///
/// Fails if `words` is shorter than the answer, or the component isn't an operator.
pub fn list(topic: Topic, from: u64, words: &mut [u64]) -> Result<usize, Refusal> {
    broker::request_words(&Request::List(topic, from), |answer| {
        let place = words.get_mut(..answer.len()).ok_or(Malformed)?;
        place.copy_from_slice(answer);
        Ok(answer.len())
    })
}

/// Returns an event that is set whenever something changes after [`Topic::Totals`] was listed, once
/// until it is listed again. The component's entry in `system.toml` must contain
/// `operator = ["inspect"]`.
///
/// # Errors
///
/// Fails if the component isn't an operator, or the quota is exhausted.
pub fn watch() -> Result<u64, Refusal> {
    let [event, ..] = broker::request(&Request::Watch)?;
    Ok(event)
}

/// Restarts the component `name`.
///
/// # Errors
///
/// Fails if there is no such other component, it can't be started, or the caller isn't an operator.
pub fn restart(name: &str) -> Result<(), Refusal> {
    broker::request(&Request::Restart(Text::from(name))).map(drop)
}

/// Tells the root task the time, in seconds of any clock.
///
/// # Errors
///
/// Fails if the component isn't an operator.
pub fn tick(seconds: u64) -> Result<(), Refusal> {
    broker::request(&Request::Tick(seconds)).map(drop)
}

/// Reports to the root task whether a self-test passed.
///
/// # Errors
///
/// Fails if all self-tests have reported already.
pub fn report(test: Test, passed: bool) -> Result<(), Refusal> {
    broker::request(&Request::Report(test, passed)).map(drop)
}

/// Asks the root task to answer with the same word.
///
/// # Errors
///
/// Fails if the root task answers with another word.
pub fn ping(word: u64) -> Result<(), Refusal> {
    let [answer, ..] = broker::request(&Request::Ping(word))?;
    (answer == word).then_some(()).ok_or(Refusal::Failed)
}
