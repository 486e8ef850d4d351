// SPDX-License-Identifier: BSD-2-Clause

//! Tests the verification of images, by each of its means.

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use kaal_harness::probe::PASS;
use kaal_harness::workspace::Workspace;
use kaal_payload::{PhysRange, RegionKind};
use libtest_mimic::Trial;

use crate::image::{Image, find};
use crate::segments::{header_offset, load, offset_of, segment_at};
use crate::{says, trial};

const MEANS: [&str; 2] = ["crc32c", "sha256"];

/// The loader's name for each region.
pub(crate) const REGIONS: [(&str, RegionKind); 4] = [
    ("kernel", RegionKind::Kernel),
    ("device tree", RegionKind::DeviceTree),
    ("user image", RegionKind::UserImage),
    ("translation tables", RegionKind::TranslationTables),
];

/// A text in the loader that appears in no other part of the image.
const LOADER_TEXT: &[u8] = b"undefined instruction";

/// Bytes that no image loads.
pub(crate) const FOREIGN: &[u8] = b"foreign!";

/// Offset of `p_filesz` in an `Elf64_Phdr`.
const FILE_SIZE: usize = 32;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for means in MEANS {
        let name = |what: &str| format!("integrity::{means}::{what}");
        trials.push(trial(
            workspace,
            name("nothing_damaged"),
            move |workspace| packed(workspace, means)?.boot(PASS).map(drop),
        ));
        trials.push(trial(workspace, name("loader"), move |workspace| {
            damaged_loader(workspace, means)
        }));
        trials.push(trial(
            workspace,
            name("memory_not_zero"),
            move |workspace| memory_not_zero(workspace, means),
        ));
        trials.push(trial(workspace, name("end_not_zero"), move |workspace| {
            end_not_zero(workspace, means)
        }));
        trials.push(trial(workspace, name("odd_address"), move |workspace| {
            odd_address(workspace, means)
        }));
        for (region, kind) in REGIONS {
            trials.push(trial(workspace, name(region), move |workspace| {
                damaged_region(workspace, means, region, kind)
            }));
        }
    }
    trials
}

fn packed(workspace: &Workspace, means: &'static str) -> Result<Image> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--verify", means];
    image.pack(workspace)?;
    Ok(image)
}

fn damaged_loader(workspace: &Workspace, means: &'static str) -> Result<()> {
    let image = packed(workspace, means)?;
    image.change(|bytes| {
        let text = find(bytes, LOADER_TEXT).context("no such text in the loader")?;
        bytes[text] ^= 1;
        Ok(())
    })?;
    let console = image.boot("load the image again")?;
    says(&console, "KaaL: error: the loader is damaged")
}

fn damaged_region(
    workspace: &Workspace,
    means: &'static str,
    region: &str,
    kind: RegionKind,
) -> Result<()> {
    let image = packed(workspace, means)?;
    let memory = damage_region(&image, kind)?;
    let console = image.boot("load the image again")?;
    says(&console, &format!("({region}, {memory}) is damaged: "))
}

/// Changes the first region of this kind, and returns its place.
pub(crate) fn damage_region(image: &Image, kind: RegionKind) -> Result<PhysRange> {
    let (memory, _) = first_of_kind(image, kind)?;
    image.change(|bytes| {
        let start = offset_of(bytes, memory.start.0)?;
        bytes[start] ^= 0x80;
        Ok(())
    })?;
    Ok(memory)
}

fn memory_not_zero(workspace: &Workspace, means: &'static str) -> Result<()> {
    let image = packed(workspace, means)?;
    let memory = load_more_than_stored(&image)?;
    let console = image.boot("load the image again")?;
    says(
        &console,
        &format!("(kernel, {memory}) is damaged: not zero behind its content"),
    )
}

fn end_not_zero(workspace: &Workspace, means: &'static str) -> Result<()> {
    let image = packed(workspace, means)?;
    let (memory, _) = first_of_kind(&image, RegionKind::Kernel)?;
    load(&image, memory.end.0 - 64, FOREIGN)?;
    let console = image.boot("load the image again")?;
    says(
        &console,
        &format!("(kernel, {memory}) is damaged: not zero behind its content"),
    )
}

/// Makes the boot loader load more of the file, to where the kernel expects zeroes. Returns the
/// kernel's place.
pub(crate) fn load_more_than_stored(image: &Image) -> Result<PhysRange> {
    let (memory, file_size) = first_of_kind(image, RegionKind::Kernel)?;
    ensure!(memory.size() > file_size, "the kernel has no zeroes");
    store(image, memory, file_size + 64)?;
    Ok(memory)
}

/// Makes the boot loader load less of the file to the user image.
pub(crate) fn load_less_than_stored(image: &Image) -> Result<()> {
    let (memory, file_size) = first_of_kind(image, RegionKind::UserImage)?;
    store(image, memory, file_size - 8)
}

/// Makes the boot loader load `size` bytes of the file to the start of `memory`.
fn store(image: &Image, memory: PhysRange, size: u64) -> Result<()> {
    image.change(|bytes| {
        let (header, _) = segment_at(bytes, memory.start.0)?;
        bytes[header + FILE_SIZE..][..8].copy_from_slice(&size.to_le_bytes());
        Ok(())
    })
}

/// Content whose address is no multiple of the size of an access.
fn odd_address(workspace: &Workspace, means: &'static str) -> Result<()> {
    let mut task = fs::read(workspace.program(kaal_harness::workspace::Program::ProbeTask))?;
    let last = Elf::parse(&task)?
        .program_headers
        .iter()
        .rposition(|segment| segment.p_type == PT_LOAD && segment.p_filesz > 32)
        .context("the task has no segment")?;
    let header = header_offset(&task, last)?;
    shift_start(&mut task[header..])?;
    let mut image = Image::with_task(
        workspace,
        kaal_harness::workspace::Program::Probe,
        &task,
        kaal_harness::qemu::Machine::ordinary(),
    )?;
    image.flags = vec!["--verify", means];
    image.pack(workspace)?;
    image.boot("probe: starting the user image").map(drop)
}

/// Removes the first three bytes of the segment whose program header begins with `header`.
fn shift_start(header: &mut [u8]) -> Result<()> {
    const LESS: u64 = 3;

    // p_offset, p_vaddr and p_paddr; p_filesz and p_memsz.
    let fields = [(8, LESS), (16, LESS), (24, LESS)];
    let sizes = [32, 40].map(|offset| (offset, LESS.wrapping_neg()));
    for (offset, change) in fields.into_iter().chain(sizes) {
        let field = header
            .get_mut(offset..)
            .and_then(|field| field.first_chunk_mut())
            .context("no program header")?;
        *field = u64::from_le_bytes(*field)
            .wrapping_add(change)
            .to_le_bytes();
    }
    Ok(())
}

/// Memory and stored size of the first region of this kind that stores anything.
pub(crate) fn first_of_kind(image: &Image, kind: RegionKind) -> Result<(PhysRange, u64)> {
    image
        .payload(|payload| {
            let mut regions = payload.regions.iter();
            let region =
                regions.find(|region| region.kind() == Some(kind) && region.file_size() > 0)?;
            Some((region.memory()?, region.file_size()))
        })?
        .with_context(|| format!("the image has no {kind}"))
}
