// SPDX-License-Identifier: BSD-2-Clause

//! Finds the payload header as the loader does: at the first page boundary behind itself.

use std::ops::Range;

use kaal_payload::{
    Cpu, LOADER_MAX_SIZE, MAGIC, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, PhysRange, Region,
};
use zerocopy::IntoBytes;

use super::damaged;
use super::memory::{Extent, Memory, aligned};
use crate::diagnostic::{Diagnostic, Origin};
use crate::format::digest::crc32c;

/// A payload header and its place.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its memory.
    pub(super) memory: PhysRange,
    /// Its bytes in the image's file.
    pub(super) in_file: Range<usize>,
    /// The header without its lists.
    fixed: Payload<'static>,
    regions: Vec<Region>,
    cpus: Vec<Cpu>,
    boot_arguments: Vec<u8>,
}

impl Found {
    /// The payload header.
    pub(super) fn payload(&self) -> Payload<'_> {
        Payload {
            regions: &self.regions,
            cpus: &self.cpus,
            boot_arguments: &self.boot_arguments,
            ..self.fixed
        }
    }
}

/// Finds the payload header behind the loader with the entry point `entry`: at a page boundary
/// within reach of the loader. Skips data of the loader that only begins like a header.
pub(super) fn payload_header(
    origin: Origin<'_>,
    memory: &Memory<'_>,
    entry: PhysAddr,
) -> Result<Found, Diagnostic> {
    let mut problem = None;
    let reach = entry.0.saturating_add(LOADER_MAX_SIZE);
    let candidates = memory.extents.iter().filter(|extent| {
        let start = extent.memory.start;
        entry < start
            && start.0 <= reach
            && start.0.is_multiple_of(PAGE_SIZE)
            && extent.content.starts_with(&MAGIC)
    });
    for extent in candidates {
        match read(extent) {
            Ok(found) => return Ok(found),
            Err(found) => problem = problem.or(Some(found)),
        }
    }
    let problem_of_all = "its payload header is damaged, or from another version of KaaL";
    Err(damaged(origin, problem_of_all)
        .expected("a payload header as this version writes it, behind the loader")
        .found(problem.unwrap_or_else(|| format!("none behind the entry point {entry}"))))
}

/// Reads the payload header in `extent`, or returns why it isn't one.
fn read(extent: &Extent<'_>) -> Result<Found, String> {
    if extent.is_compressed {
        return Err("a compressed one".to_owned());
    }
    let content = &extent.content[..extent.content.len().min(MAX_SIZE)];
    let words = aligned(content);
    let payload = Payload::parse(&words.as_bytes()[..content.len()], crc32c)
        .map_err(|error| error.to_string())?;
    if payload.size() != extent.content.len() {
        return Err(format!(
            "{} bytes with a header of {}",
            extent.content.len(),
            payload.size()
        ));
    }
    let mut again = [0; MAX_SIZE];
    let size = payload.encode(&mut again, crc32c).unwrap_or_default();
    if again[..size] != *content {
        return Err("unused fields that aren't zero".to_owned());
    }
    Ok(Found {
        memory: extent.filled(),
        in_file: extent.in_file.clone(),
        fixed: Payload {
            regions: &[],
            cpus: &[],
            boot_arguments: &[],
            ..payload
        },
        regions: payload.regions.to_vec(),
        cpus: payload.cpus.to_vec(),
        boot_arguments: payload.boot_arguments.to_vec(),
    })
}
