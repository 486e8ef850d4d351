// SPDX-License-Identifier: BSD-2-Clause

//! Makes page tables, for the builder, the loader and the unpacker.
//!
//! Nothing in this crate can panic.

#![no_std]
#![forbid(unsafe_code)]

mod mapper;
mod tables;

pub use mapper::{Access, ENTRIES, Mapper, Pool, Regime, Table};
pub use tables::{Tables, TablesError, Use};
