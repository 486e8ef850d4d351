// SPDX-License-Identifier: BSD-2-Clause

//! The programs that commands and tests start and that come neither with Rust nor with the checkout: how each is
//! found, and where it comes from.

mod find;
mod list;
mod origin;

pub use find::search_path;
pub use list::{
    ALL, BASH, CARGO_DENY, CARGO_FUZZ, CXX, DEBOOTSTRAP, FISH, GDB, JQ, MAN, MDBOOK, NIX, QEMU, ZSH,
};
pub use origin::{Origin, Packages, Relocation};

/// A program, found by what it can do and not by its name alone.
#[derive(Debug)]
pub struct Tool {
    /// What messages call it.
    pub name: &'static str,
    /// The other names that its file may have, best first; none where it has this one.
    file_names: &'static [&'static str],
    /// The arguments of a short run that tells whether it can do the job.
    trial: &'static [&'static str],
    /// What that run prints if so.
    proof: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// The commands and tests that start it.
    pub used_by: &'static str,
}
