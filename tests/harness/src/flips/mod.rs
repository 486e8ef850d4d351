// SPDX-License-Identifier: BSD-2-Clause

//! Flips each bit of an image's file, one at a time, and boots the result in our own hypervisor
//! (`tests/flips`), hundreds of times a second.

pub(crate) mod guest;
pub(crate) mod hypervisor;
mod parts;
mod summary;

use std::fs;
use std::num::NonZeroU64;
use std::path::Path;

use anyhow::{Context, Result};
use kaal_flips::{Outcome, Span, Sweep};

use crate::image::Inputs;
use crate::workspace::Workspace;

use guest::Guest;
use parts::Parts;

pub use summary::Summary;

/// An image whose bits are flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// Options of the builder.
    pub packing: &'static [&'static str],
    /// Its load address; `None` for an ELF file, whose segments have addresses.
    pub(crate) load_address: Option<u64>,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self {
            name: "elf",
            packing: &[],
            load_address: None,
        },
        Self {
            name: "elf-sha256",
            packing: &["--verify", "sha256"],
            load_address: None,
        },
        Self {
            name: "raw",
            packing: &["--format", "raw"],
            load_address: Some(guest::PACKAGE_ADDRESS),
        },
        Self {
            name: "raw-lz4",
            packing: &["--format", "raw", "--compress", "lz4"],
            load_address: Some(guest::PACKAGE_ADDRESS),
        },
    ];
}

impl Subject {
    /// Whether it unpacks itself at boot.
    pub fn is_package(self) -> bool {
        self.load_address.is_some()
    }
}

/// The bits to flip: one in `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The distance between two bits.
    pub step: NonZeroU64,
    /// The first bit, less than `step`.
    pub first: u64,
    /// Whether to flip all bits of headers.
    pub all_of_headers: bool,
}

impl Extent {
    /// All bits.
    pub const ALL: Self = Self {
        step: NonZeroU64::MIN,
        first: 0,
        all_of_headers: false,
    };
}

/// A flipped bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flip {
    /// Its number in the file.
    pub(crate) bit: u64,
    /// Its outcome.
    pub(crate) outcome: Outcome,
    /// More about the outcome.
    pub(crate) detail: String,
}

/// Flips bits of the image `subject`, in `workers` processes at the same time.
///
/// # Errors
///
/// Fails if the programs are not built, or the undamaged image doesn't boot. The [`Summary`] has the
/// outcomes.
pub fn run(
    workspace: &Workspace,
    subject: Subject,
    extent: Extent,
    workers: NonZeroU64,
) -> Result<Summary> {
    let scratch = tempfile::tempdir()?;
    let inputs = guest::inputs(workspace, scratch.path())?;
    let elf = pack(workspace, &inputs, &Subject::ALL[0], scratch.path())?;
    let guest = Guest::of(&elf)?;
    let file = pack(workspace, &inputs, &subject, scratch.path())?;
    let parts = match subject.load_address {
        None => Parts::of_elf(&file, &guest)?,
        Some(_) => Parts::of_package(&file, &guest)?,
    };
    let sweeps = sweeps(&parts, extent);
    let flips = hypervisor::flip(
        workspace,
        scratch.path(),
        &file,
        &guest.job(file.len(), subject.load_address, &sweeps)?,
        workers,
    )?;
    Ok(Summary::new(subject.name, parts, &sweeps, flips))
}

fn pack(
    workspace: &Workspace,
    inputs: &Inputs,
    subject: &Subject,
    scratch: &Path,
) -> Result<Vec<u8>> {
    let image = scratch.join("image");
    let packing = subject.packing.iter().map(|&option| option.to_owned());
    let inputs = Inputs {
        packing: packing.collect(),
        ..inputs.clone()
    };
    inputs.pack(workspace, &image)?;
    fs::read(&image).with_context(|| format!("failed to read {}", image.display()))
}

/// The bits of `extent`, each once.
fn sweeps(parts: &Parts, extent: Extent) -> Vec<Sweep> {
    let step = extent.step.get();
    let mut sweeps: Vec<Sweep> = Vec::new();
    for (name, bits) in parts.runs() {
        let is_dense = extent.all_of_headers && name.ends_with("header");
        let step = if is_dense { 1 } else { step };
        let start = match is_dense {
            true => bits.start,
            false => bits.start + (extent.first + step - bits.start % step) % step,
        };
        match sweeps.last_mut() {
            // It would continue with the same bits.
            Some(last) if last.step == step && last.bits.end == bits.start => {
                last.bits.end = bits.end;
            }
            _ => sweeps.push(Sweep {
                bits: Span {
                    start,
                    end: bits.end,
                },
                step,
            }),
        }
    }
    sweeps
}
