// SPDX-License-Identifier: BSD-2-Clause

//! The page. `build.rs` puts it together, and computes its hashes.

include!(concat!(env!("OUT_DIR"), "/page.rs"));
