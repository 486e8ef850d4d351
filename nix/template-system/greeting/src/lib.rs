// SPDX-License-Identifier: BSD-2-Clause

//! What clients of the service `greeting` and its provider agree on.

#![no_std]
#![forbid(unsafe_code)]

use kaal_component::{Text, calls};

/// The name of the service.
pub const SERVICE: &str = "greeting";

calls! {
    /// Calls to the service.
    pub enum Greeting {
        /// Greets the caller of this name, and answers the number of visits so far.
        Greet(Text) -> u64 = 1,
    }
}
