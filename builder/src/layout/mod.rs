// SPDX-License-Identifier: BSD-2-Clause

//! Where everything in an image lies.
//!
//! ```text
//!  plan         finds a place for each part: arithmetic alone
//!  placement    asks for a plan of the parts, and says where they don't fit
//!  page_tables  the translation tables that the kernel is entered with
//!  memory_map   the list of what lies where
//! ```

pub(crate) mod memory_map;
pub(crate) mod page_tables;
pub(crate) mod placement;
pub(crate) mod plan;
