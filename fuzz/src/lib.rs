// SPDX-License-Identifier: BSD-2-Clause

//! Feeds hostile input to all that reads input from outside: files that the builder is given, what
//! a firmware hands over, what lies in a damaged image.
//!
//! A [`Target`] takes any bytes, makes of them the input that it is about, and has it read. It
//! panics where reading it does, and where something is accepted that isn't sound: each says in its
//! module what it looks for. `cargo xtask fuzz` lets libFuzzer search for such bytes. Those in
//! `corpus/TARGET` are what it found worth keeping, and what once made it crash; a test runs them
//! through the same functions, without libFuzzer.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    reason = "a panic is how a target says that it has found something"
)]

mod boot_program;
mod common;
mod device_tree;
mod image;
mod inputs;
mod keys;
mod lz4;
mod manifest;
mod nodes;
mod payload;
mod platform;
mod programs;
mod symbols;

pub use boot_program::BOOT_PROGRAM;
pub use device_tree::DEVICE_TREE;
pub use image::IMAGE;
pub use keys::KEYS;
pub use lz4::LZ4;
pub use manifest::MANIFEST;
pub use payload::PAYLOAD;
pub use platform::PLATFORM;
pub use programs::{APP, KERNEL};
pub use symbols::SYMBOLS;

/// Something that reads hostile input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its program in `fuzz_targets`, and of its folder in `corpus`.
    pub name: &'static str,
    /// Reads an input and says whether it is accepted; panics where something is wrong with that.
    pub run: fn(&[u8]) -> bool,
    /// Inputs that are accepted, for the search to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 11] = [
    BOOT_PROGRAM,
    KERNEL,
    APP,
    DEVICE_TREE,
    PLATFORM,
    KEYS,
    LZ4,
    MANIFEST,
    PAYLOAD,
    IMAGE,
    SYMBOLS,
];

/// `rest` behind a first byte that tells which of several readers it is for.
fn input(selector: u8, rest: &[u8]) -> Vec<u8> {
    [&[selector], rest].concat()
}
