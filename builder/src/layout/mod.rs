// SPDX-License-Identifier: BSD-2-Clause

//! Where everything in an image lies.

pub(crate) mod memory_map;
pub(crate) mod page_tables;
pub(crate) mod placement;
pub(crate) mod plan;
