// SPDX-License-Identifier: BSD-2-Clause

//! The programs that commands and tests start, but that come neither with Rust nor with the checkout: how to
//! find each, and where to get it.

mod find;
mod list;
mod origin;

pub use find::search_path;
pub use list::{
    ALL, BASH, BINUTILS, CARGO_DENY, CARGO_FUZZ, CHROMIUM, CLANG, CXX, DEBOOTSTRAP, FISH, GDB,
    GOLD, JQ, MAN, MDBOOK, MKFS_FAT, MKIMAGE, MTOOLS, NIX, OPENSSL, PKCS11_TOOL, QEMU, SBSIGN,
    SOFTHSM, SWTPM, ZSH,
};
pub use origin::{Origin, Packages, Relocation};

/// A program, recognized by its abilities, not only by its name.
#[derive(Debug)]
pub struct Tool {
    /// Its name in messages.
    pub name: &'static str,
    /// The possible names of its file, best first; empty if it only has this one.
    file_names: &'static [&'static str],
    /// The arguments of a short run that shows whether it can do the job.
    trial: &'static [&'static str],
    /// The text that this run prints if so; empty if it succeeds only then.
    proof: &'static str,
    /// Where to get it.
    pub origin: Origin,
    /// The commands and tests that start it.
    pub used_by: &'static str,
}
