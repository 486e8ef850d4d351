// SPDX-License-Identifier: BSD-2-Clause

//! The image whose bits are flipped: as small as possible, with one part of each kind.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use crc::{CRC_32_ISCSI, Crc};
use goblin::elf::Elf;
use kaal_flips::{JOB_MAGIC, Job, Span, Sweep, WINDOW};
use kaal_payload::{MAGIC, MAX_SIZE, Payload, PhysRange, RegionKind, VERSION};
use vm_fdt::FdtWriter;
use zerocopy::IntoBytes;

use crate::elf;
use crate::image::Inputs;
use crate::workspace::Workspace;

/// The load address of packages: behind all memory that they are unpacked to or use.
pub(crate) const PACKAGE_ADDRESS: u64 = WINDOW.end - 0x10_0000;

/// Virtual minus physical address in an ordinary kernel.
const KERNEL_BASE: u64 = 0xffff_ff80_0000_0000;

/// The virtual address of root tasks.
const TASK_START: u64 = 0x20_0000;

/// The content of kernel and root task, which are not executed.
const KERNEL: &[u8] = b"A kernel that is not executed, only compared.";
const TASK: &[u8] =
    b"A root task that is not executed either, but is there, and has zeroes behind it.";

/// Their size in memory.
const KERNEL_SIZE: u64 = 0x1100;
const TASK_SIZE: u64 = 0x1_2340;

/// Facts about the image, from the ELF file.
pub(crate) struct Guest {
    /// The kernel's memory and its entry point.
    kernel: Span,
    kernel_entry: u64,
    /// The state that the kernel relies on.
    seen: Vec<Span>,
    /// The parts by address.
    places: Vec<(Span, &'static str)>,
    /// The loader's memory, and the part of it that never changes.
    pub(crate) loader: Span,
    pub(crate) constant: Span,
}

/// The inputs of the image, in files in `scratch`.
pub(crate) fn inputs(workspace: &Workspace, scratch: &Path) -> Result<Inputs> {
    let files = [
        (
            "kernel.elf",
            elf::program(
                KERNEL_BASE + WINDOW.start,
                WINDOW.start,
                KERNEL,
                KERNEL_SIZE,
            ),
        ),
        (
            "task.elf",
            elf::program(TASK_START, TASK_START, TASK, TASK_SIZE),
        ),
        ("kernel.dtb", device_tree()?),
    ];
    let [kernel, app, device_tree] = files.map(|(name, content)| {
        let file = scratch.join(name);
        fs::write(&file, content)
            .with_context(|| format!("failed to write {}", file.display()))
            .map(|()| file)
    });
    Ok(Inputs {
        device_tree: Some(device_tree?),
        // Everything that the loader prints is then about an error.
        log_level: Some("error".to_owned()),
        ..Inputs::new(workspace, kernel?, app?)
    })
}

/// A machine with a console, a firmware that powers off, and the window for RAM.
fn device_tree() -> Result<Vec<u8>> {
    let mut tree = FdtWriter::new()?;
    let root = tree.begin_node("")?;
    tree.property_u32("#address-cells", 2)?;
    tree.property_u32("#size-cells", 2)?;
    let chosen = tree.begin_node("chosen")?;
    tree.property_string("stdout-path", "/pl011@9000000")?;
    tree.end_node(chosen)?;
    let psci = tree.begin_node("psci")?;
    tree.property_string("compatible", "arm,psci-1.0")?;
    tree.property_string("method", "hvc")?;
    tree.end_node(psci)?;
    let memory = tree.begin_node(&format!("memory@{:x}", WINDOW.start))?;
    tree.property_string("device_type", "memory")?;
    tree.property_array_u64("reg", &[WINDOW.start, WINDOW.end - WINDOW.start])?;
    tree.end_node(memory)?;
    let console = tree.begin_node("pl011@9000000")?;
    tree.property_string("compatible", "arm,pl011")?;
    tree.property_array_u64("reg", &[0x900_0000, 0x1000])?;
    tree.end_node(console)?;
    tree.end_node(root)?;
    Ok(tree.finish()?)
}

impl Guest {
    /// Reads the ELF file `image`.
    pub(crate) fn of(image: &[u8]) -> Result<Self> {
        let header = payload_header(image)?;
        let payload = Payload::parse(header.as_bytes(), crc32c)?;
        let (mut seen, mut places) = (Vec::new(), Vec::new());
        let mut kernel: Option<Span> = None;
        for region in payload.regions {
            let (kind, memory) = region
                .kind()
                .zip(region.memory())
                .context("a region is malformed")?;
            let memory = span(memory);
            let (name, seen_end) = match kind {
                RegionKind::Kernel => ("kernel", memory.end),
                // The kernel gets the size without padding.
                RegionKind::DeviceTree => ("device tree", memory.start + payload.device_tree.size),
                RegionKind::UserImage => ("user image", memory.end),
                RegionKind::TranslationTables => ("translation tables", memory.end),
                RegionKind::Symbols => ("symbols", memory.start),
            };
            if kind == RegionKind::Kernel {
                let start = kernel.map_or(memory.start, |kernel| kernel.start);
                let end = memory.end;
                kernel = Some(Span { start, end });
            }
            seen.push(Span {
                start: memory.start,
                end: seen_end,
            });
            places.push((memory, name));
        }
        let loader = payload.load_address.0;
        let constant = loader + payload.loader.size;
        let header = loader_header(image)?;
        let behind = header + MAX_SIZE as u64;
        for (start, end, name) in [
            (loader, constant, "loader, constant"),
            (constant, header, "loader, variable"),
            (header, behind, "payload header"),
        ] {
            places.push((Span { start, end }, name));
        }
        Ok(Self {
            kernel: kernel.context("no region is the kernel's")?,
            kernel_entry: payload.kernel_entry.0,
            seen,
            places,
            loader: Span {
                start: loader,
                end: header,
            },
            constant: Span {
                start: loader,
                end: constant,
            },
        })
    }

    /// The part at `address`.
    pub(crate) fn name(&self, address: u64) -> &'static str {
        let place = self.places.iter().find(|(span, _)| span.contains(address));
        place.map_or("padding", |(_, name)| name)
    }

    /// The job of flipping bits of a file of `size` bytes.
    pub(crate) fn job(
        &self,
        size: usize,
        load_address: Option<u64>,
        sweeps: &[Sweep],
    ) -> Result<Job> {
        let mut job = Job {
            magic: JOB_MAGIC,
            file_size: size as u64,
            load_address: load_address.unwrap_or_default(),
            kernel: self.kernel,
            kernel_entry: self.kernel_entry,
            seen_count: self.seen.len() as u64,
            seen: [Span::default(); _],
            sweep_count: sweeps.len() as u64,
            sweeps: [Sweep::default(); _],
            forgery_count: 0,
            loader: Span::default(),
            constant: Span::default(),
        };
        let seen = job.seen.get_mut(..self.seen.len());
        seen.context("too many regions")?
            .copy_from_slice(&self.seen);
        let place = job.sweeps.get_mut(..sweeps.len());
        place.context("too many parts")?.copy_from_slice(sweeps);
        Ok(job)
    }
}

/// The address of the payload header.
fn loader_header(image: &[u8]) -> Result<u64> {
    let elf = Elf::parse(image)?;
    let segment = elf.program_headers.iter().find(|segment| {
        let content = image.get(segment.file_range());
        content.is_some_and(|content| content.starts_with(&start_of_header()))
    });
    Ok(segment
        .context("no segment begins with the payload header")?
        .p_paddr)
}

/// The payload header, aligned, and zeroes behind it.
fn payload_header(image: &[u8]) -> Result<Vec<u64>> {
    let start = start_of_header();
    let mut places = image.windows(start.len());
    let start = places.position(|place| place == start);
    let start = start.context("the image has no payload header")?;
    let mut header = vec![0u64; MAX_SIZE / size_of::<u64>()];
    let size = MAX_SIZE.min(image.len() - start);
    ensure!(size > 0, "the payload header is empty");
    header.as_mut_bytes()[..size].copy_from_slice(&image[start..][..size]);
    Ok(header)
}

fn start_of_header() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_le_bytes()].concat()
}

fn span(memory: PhysRange) -> Span {
    Span {
        start: memory.start.0,
        end: memory.end.0,
    }
}

pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}
