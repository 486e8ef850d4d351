// SPDX-License-Identifier: BSD-2-Clause

//! Runs the builder on tiny inputs, and checks its messages and its images.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    reason = "what a test can't go on without fails it"
)]

mod bit_flips;
mod bounded;
mod capdl;
mod chosen;
mod common;
mod compiled_for;
mod config;
mod cores;
mod diff;
mod explain;
mod explain_components;
mod explain_firmware;
mod foreign_text;
mod forged;
mod formats;
mod gaps;
mod given_programs;
mod identify;
mod image;
mod image_reader;
mod inspect;
mod json;
mod kernel_dtb;
mod keygen;
mod manifest;
mod message_format;
mod messages;
mod microkit;
mod next_keys;
mod no_machines;
mod odd_machines;
mod other_kinds;
mod output;
mod refused_configs;
mod refused_device_trees;
mod refused_files;
mod refused_formats;
mod refused_keys;
mod refused_loaders;
mod refused_options;
mod refused_places;
mod refused_platforms;
mod refused_programs;
mod release_words;
mod replaced;
mod rules;
mod signing;
mod split_debug;
mod success;
mod symbols;
mod truncated;
mod trusted_keys;
