// SPDX-License-Identifier: BSD-2-Clause

//! Feeds hostile input to KaaL's readers of external input: the builder's input files, device trees from a
//! firmware, damaged images, messages of components, queues of packets, packets and requests to the web server, and FAT
//! disks.
//!
//! A [`Target`] takes any bytes, makes its kind of input from them, and lets KaaL read that. It panics if
//! the reader panics, or if the reader accepts unsound input; the target's module says what it checks.
//! `cargo xtask fuzz` lets libFuzzer search for such bytes. `corpus/TARGET` holds inputs that the search kept,
//! and inputs that once crashed a reader. A test runs them through the same functions without libFuzzer.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "a target panics to report a fault")]

mod boot_program;
mod common;
mod descriptors;
mod device_tree;
mod disk;
mod frames;
mod image;
mod inputs;
mod keys;
mod lz4;
mod manifest;
mod microkit;
mod nodes;
mod payload;
mod platform;
mod programs;
mod reload;
mod request;
mod ring;
mod symbols;
mod web;

pub use boot_program::BOOT_PROGRAM;
pub use descriptors::DESCRIPTORS;
pub use device_tree::DEVICE_TREE;
pub use disk::DISK;
pub use frames::FRAMES;
pub use image::IMAGE;
pub use keys::KEYS;
pub use lz4::LZ4;
pub use manifest::MANIFEST;
pub use microkit::MICROKIT;
pub use payload::PAYLOAD;
pub use platform::PLATFORM;
pub use programs::{APP, KERNEL};
pub use reload::RELOAD;
pub use request::REQUEST;
pub use ring::RING;
pub use symbols::SYMBOLS;
pub use web::WEB;

/// A reader and its checks.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the target, of its program in `fuzz_targets` and of its folder in `corpus`.
    pub name: &'static str,
    /// Reads an input and returns whether the reader accepts it. Panics at a fault.
    pub run: fn(&[u8]) -> bool,
    /// Accepted inputs that the search begins with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 19] = [
    BOOT_PROGRAM,
    KERNEL,
    APP,
    DEVICE_TREE,
    PLATFORM,
    KEYS,
    LZ4,
    MANIFEST,
    MICROKIT,
    PAYLOAD,
    IMAGE,
    RELOAD,
    REQUEST,
    RING,
    DESCRIPTORS,
    SYMBOLS,
    WEB,
    FRAMES,
    DISK,
];

/// `rest` after a first byte that selects one of several readers.
fn input(selector: u8, rest: &[u8]) -> Vec<u8> {
    [&[selector], rest].concat()
}
