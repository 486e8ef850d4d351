// SPDX-License-Identifier: BSD-2-Clause

//! The unpacker's decisions, apart from the memory that they are about: the order of its steps, and
//! the translation tables that it works with.
//!
//! Nothing in this crate can panic.

#![no_std]
#![forbid(unsafe_code)]

mod mapper;
mod steps;
mod tables;

pub use mapper::{Access, ENTRIES, Mapper, Pool, Regime, Table};
pub use steps::{Step, steps};
pub use tables::{Tables, TablesError, Use};
