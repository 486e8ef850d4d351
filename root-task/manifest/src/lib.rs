// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list of components that the root task starts, checks it against the programs and the
//! machine, and turns it into Rust code for the root task. Runs when the root task is built, so that
//! whatever is wrong with the list is known then.

#![forbid(unsafe_code)]

mod books;
mod code;
mod machine;
mod order;
mod program;
mod read;

use std::fmt;

use thiserror::Error;

pub use code::generate;
pub use machine::check_machine;
pub use program::Program;

/// What is wrong with the list, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {key}: {problem}")]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// The key that it is about.
    pub key: String,
    /// What was expected and what was found.
    pub problem: String,
}

/// A value, and the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lined<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: usize,
}

/// A component as the list describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its unique name.
    pub name: Lined<String>,
    /// The program that it runs.
    pub binary: Lined<String>,
    /// Its priority.
    pub priority: u8,
    /// Bytes of memory that it may have.
    pub memory: Lined<u64>,
    /// Slots that it may have.
    pub slots: Lined<u64>,
    /// Bytes of stack.
    pub stack: u64,
    /// Devices that it may request.
    pub devices: Vec<Lined<String>>,
    /// Services that it provides.
    pub provides: Vec<Lined<String>>,
    /// Services that it needs.
    pub needs: Vec<Lined<String>>,
    /// What to do when it fails.
    pub restart: Restart,
    /// Microseconds that it may run in each period.
    pub budget: u64,
    /// The period in microseconds.
    pub period: u64,
    /// Whether it may see and restart others.
    pub operator: bool,
}

/// What to do when a component fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Nothing.
    Never,
    /// Restart it so many times, after a delay in milliseconds that doubles.
    Times(u32, u64),
    /// Restart it.
    Always,
}

/// Reads a list of components, in an order in which each is started after those whose services it
/// needs.
///
/// # Errors
///
/// Returns the first [`Mistake`].
pub fn read(text: &str) -> Result<Vec<Component>, Mistake> {
    let components = order::by_needs(read::components(text)?)?;
    books::check(&components)?;
    Ok(components)
}

impl Mistake {
    fn new(line: usize, key: &str, problem: impl fmt::Display) -> Self {
        Self {
            line,
            key: key.to_owned(),
            problem: problem.to_string(),
        }
    }
}
