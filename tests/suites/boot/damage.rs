// SPDX-License-Identifier: BSD-2-Clause

//! Images that were changed after the build.

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_harness::qemu::End;
use kaal_harness::workspace::Workspace;
use kaal_payload::VERSION;
use libtest_mimic::Trial;

use crate::firmware::{boot_by, entry};
use crate::image::{Image, find, payload_offset};
use crate::trial;

/// A text in the probe's task, and so in the image.
const TASK_TEXT: &[u8] = b"task: hello from EL0";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "damage::header", header),
        trial(workspace, "damage::header_of_another_version", version),
        trial(workspace, "damage::header_without_magic_number", magic),
        trial(workspace, "damage::loaded_at_another_address", load_address),
        trial(
            workspace,
            "damage::region_found_by_the_probe",
            unverified_region,
        ),
    ]
}

fn packed(workspace: &Workspace) -> Result<Image> {
    let image = Image::ordinary(workspace)?;
    image.pack(workspace)?;
    Ok(image)
}

fn header(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace)?;
    image.change(|bytes| {
        let header = payload_offset(bytes)?;
        bytes[header + 0x30] ^= 0x10;
        Ok(())
    })?;
    let console = image.boot("KaaL: powering off")?;
    ensure!(
        console.contains("KaaL: error: payload header: checksum 0x"),
        "{console}"
    );
    ensure!(console.contains("build or load it again"), "{console}");
    Ok(())
}

fn version(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace)?;
    image.change(|bytes| {
        let header = payload_offset(bytes)?;
        bytes[header + 8] = 99;
        Ok(())
    })?;
    image
        .boot(&format!(
            "KaaL: error: payload header: version {VERSION} expected, 99 found"
        ))
        .map(drop)
}

/// Without its first bytes, a header can't even name the console.
fn magic(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace)?;
    image.change(|bytes| {
        let header = payload_offset(bytes)?;
        bytes[header] ^= 1;
        Ok(())
    })?;
    let end = image.boot_silently()?;
    ensure!(end == End::TimedOut, "a halt expected, {end:?} found");
    Ok(())
}

/// The loader prints this although none of its relocations is right.
fn load_address(workspace: &Workspace) -> Result<()> {
    /// The distance of the loader from its place.
    const DISTANCE: u64 = 0x100_0000;

    let image = packed(workspace)?;
    let (start, loader) = loader_memory(&fs::read(image.file("bootimage.elf"))?)?;
    let entry = entry(&image)? + DISTANCE;
    let moved = image.file("moved.bin");
    fs::write(&moved, loader)?;
    let data = Some((moved, start + DISTANCE));
    let expected = "the loader is not at the address that the image was built for";
    let console = boot_by(&image, &[LOAD_X1, BRANCH_X1], &[entry], data, expected)?;
    ensure!(console.starts_with("KaaL: error: "), "{console}");
    Ok(())
}

/// `ldr x1, .+8`
const LOAD_X1: u32 = 0x5800_0041;

/// `br x1`
const BRANCH_X1: u32 = 0xd61f_0020;

/// The memory of loader, payload header and tables, and its start.
fn loader_memory(image: &[u8]) -> Result<(u64, Vec<u8>)> {
    let elf = Elf::parse(image)?;
    // The loader lies behind everything else, at a multiple of 2 MiB.
    let start = elf.entry >> 21 << 21;
    let mut memory = Vec::new();
    for segment in elf
        .program_headers
        .iter()
        .filter(|segment| segment.p_paddr >= start)
    {
        memory.resize(usize::try_from(segment.p_paddr - start)?, 0);
        memory.extend_from_slice(&image[segment.file_range()]);
    }
    Ok((start, memory))
}

/// Proves that the probe's checks can fail.
fn unverified_region(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--verify", "none"];
    image.pack(workspace)?;
    image.change(|bytes| {
        let text = find(bytes, TASK_TEXT).context("the task's text is not in the image")?;
        bytes[text] ^= 0x20;
        Ok(())
    })?;
    image.boot("probe: FAIL  user image's CRC-32C").map(drop)
}
