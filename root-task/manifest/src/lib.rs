// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list of components that the root task starts, checks it against the programs and the
//! machine, and turns it into Rust code for the root task. Runs when the root task is built, so that
//! whatever is wrong with the list is known then.
//!
//! Each module imports none but those that are listed below it:
//!
//! - `code`: the list as Rust code
//! - `list`: reads the list and checks it against the machine
//! - `program`: the programs that components run
//! - `order`: who is started before whom
//! - `heap`: whether the root task's heap suffices
//! - `component`: a component as the list describes it
//! - `mistake`: mistakes in the list

#![forbid(unsafe_code)]

mod code;
mod component;
mod heap;
mod list;
mod mistake;
mod order;
mod program;

pub use code::generate;
pub use component::Component;
pub use kaal_broker::Restart;
pub use list::List;
pub use mistake::Mistake;
pub use program::Program;
