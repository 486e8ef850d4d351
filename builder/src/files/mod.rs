// SPDX-License-Identifier: BSD-2-Clause

//! Reading and writing files.

pub(crate) mod access;
pub(crate) mod bounded;
pub(crate) mod input;
pub(crate) mod output;
