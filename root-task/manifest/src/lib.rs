// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list of components, checks it against their programs and the machine, and generates
//! Rust code for the root task. The root task's build script uses it, so the build reports
//! mistakes.
//!
//! Each module imports only modules listed below it:
//!
//! - `code`: generates Rust code
//! - `list`: reads the list and checks it against the machine and the components' programs
//! - `quota`: checks that quotas suffice to start
//! - `passive`: checks that no passive component needs another one
//! - `order`: the order in which components start
//! - `devices`: checks that the machine has all devices, and each for one component
//! - `heap`: checks that the root task's heap suffices
//! - `purpose`: what a root task is built for
//! - `component`: a component in the list
//! - `mistake`: mistakes in the list
//! - `defaults`: the lists that are used by default

#![forbid(unsafe_code)]

mod code;
mod component;
mod defaults;
mod devices;
mod heap;
mod list;
mod mistake;
mod order;
mod passive;
mod purpose;
mod quota;

pub use code::generate;
pub use component::{Component, Dma, Quiesce};
pub use defaults::folder_for;
pub use kaal_broker::{Restart, Right};
pub use kaal_program::Program;
pub use list::List;
pub use mistake::Mistake;
pub use purpose::Purpose;
