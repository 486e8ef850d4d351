// SPDX-License-Identifier: BSD-2-Clause

//! Places all parts of an image.
//!
//! ```text
//!  plan         finds a place for each part: arithmetic only
//!  placement    plans the parts, and explains why they don't fit
//!  page_tables  the page tables that the kernel starts with
//!  memory_map   the memory map
//! ```

pub(crate) mod memory_map;
pub(crate) mod page_tables;
pub(crate) mod placement;
pub(crate) mod plan;
