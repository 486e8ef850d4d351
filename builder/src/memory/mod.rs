// SPDX-License-Identifier: BSD-2-Clause

//! Memory: sets of addresses, and what lies at them.

pub(crate) mod chunk;
pub(crate) mod ranges;
