// SPDX-License-Identifier: BSD-2-Clause

//! From inputs to an image, in three steps: read, plan, emit.

use kaal_payload::Measurement;

use crate::emit;
use crate::finding::Finding;
use crate::memory_map::MemoryMap;
use crate::parts::Parts;
use crate::{Inputs, placement};

/// A bootable image.
#[derive(Clone, Debug)]
pub struct Image {
    /// An ELF executable, to be loaded at its physical addresses and entered with the MMU off.
    pub elf: Vec<u8>,
    /// SHA-256 of what it boots, as its payload header says; `measurement.rs` defines it.
    pub measurement: Measurement,
    /// What lies where in it.
    pub memory_map: MemoryMap,
    /// What may be wrong with it.
    pub warnings: Vec<Finding>,
}

/// Makes an image. The same inputs give the same bytes; file names don't matter.
///
/// # Errors
///
/// Returns what is wrong with the inputs.
pub fn build(inputs: &Inputs<'_>) -> Result<Image, Finding> {
    let parts = Parts::read(inputs)?;
    let plan = placement::plan(&parts)?;
    let (elf, measurement, memory_map) = emit::emit(&parts, &plan)?;
    let warnings = placement::warnings(&parts, &plan);
    Ok(Image {
        elf,
        measurement,
        memory_map,
        warnings: [parts.warnings, warnings].concat(),
    })
}
