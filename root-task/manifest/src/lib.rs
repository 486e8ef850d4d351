// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list of components, checks it against their programs and the machine, and generates
//! Rust code for the root task. The root task's build script uses it, so the build reports
//! mistakes.
//!
//! Each module imports only modules listed below it:
//!
//! - `code`: generates Rust code
//! - `list`: reads the list and checks it against the machine
//! - `program`: reads components' programs
//! - `order`: the order in which components start
//! - `heap`: checks that the root task's heap suffices
//! - `component`: a component in the list
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
