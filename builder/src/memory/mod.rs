// SPDX-License-Identifier: BSD-2-Clause

//! Memory: sets of addresses and their content.
//!
//! ```text
//!  ranges      sets of addresses
//!  chunk       content at an address, without the zeroes at its end
//!  holes       whole pages without content
//! ```

pub(crate) mod chunk;
pub(crate) mod holes;
pub(crate) mod ranges;
