// SPDX-License-Identifier: BSD-2-Clause

//! Reads images of Microkit: its own loader, followed by the kernel and the root task, an initialiser for the system.
//!
//! ```text
//!  container   finds the data for Microkit's loader: in a raw file, an ELF file or a U-Boot image
//!  header      reads that data: addresses, entry points and regions
//!  compare     compares the kernel in the image with its program
//! ```
//!
//! All content is a slice of the file. Zeroes at the end of a region are left out, because Microkit stores `.bss`.

mod compare;
mod container;
mod header;

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange, VirtAddr};
use kaal_translation::Access;

use super::kernel::Kernel;
use super::user_image::UserImage;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf::{INSTRUCTION, Segment};
use crate::files::File;
use crate::sel4::{HYPERVISOR_BASE, ORDINARY_BASE};
use container::malformed;
use header::{Data, Region};

/// Lowest entry point of kernels for riscv64. Microkit's images name the processor in no other way.
const RISCV_BASE: u64 = 0xffff_ffff_0000_0000;

/// Microkit's images don't tell accesses apart.
const ALL: Access = Access {
    writable: true,
    executable: true,
};

/// The programs in an image.
#[derive(Debug)]
pub(crate) struct System<'a> {
    pub(crate) kernel: Kernel<'a>,
    pub(crate) user_image: UserImage<'a>,
    /// Offset in bytes of the root task from the kernel. Microkit has computed addresses from it.
    pub(crate) offset: u64,
}

impl<'a> System<'a> {
    /// Reads the image in `file`, whose kernel must be `kernel`, if that is given.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is no image of Microkit for AArch64, is damaged, or has another kernel.
    pub(crate) fn read(
        origin: Origin<'_>,
        file: &'a [u8],
        kernel: Option<File<'_>>,
    ) -> Result<Self, Diagnostic> {
        let data = container::data(origin, file)?;
        let base = base(origin, &data)?;
        check_overlaps(origin, &data)?;
        let (of_user, of_kernel): (Vec<_>, Vec<_>) = data
            .regions
            .iter()
            .partition(|region| region.memory().overlaps(data.user_image));
        let of_kernel = of_kernel.into_iter();
        let segments = of_kernel.map(|region| segment(region, base)).collect();
        let read = Kernel::of_segments(origin, VirtAddr(data.kernel_entry), segments)?;
        let user_image = user_image(origin, &data, &of_user)?;
        let start = read.memory.start;
        let offset = data.user_image.start.0.checked_sub(start.0);
        let offset = offset.ok_or_else(|| {
            malformed(origin, "its root task lies below its kernel")
                .expected(format!("a root task above {start}"))
                .found(data.user_image.to_string())
        })?;
        if let Some(file) = kernel {
            let origin = file.origin(Flag::Kernel);
            compare::check(origin, &Kernel::read(origin, file.content)?, &read)?;
        }
        Ok(Self {
            kernel: read,
            user_image,
            offset,
        })
    }
}

/// Virtual minus physical addresses of the kernel, by the region with its entry point.
fn base(origin: Origin<'_>, data: &Data<'_>) -> Result<u64, Diagnostic> {
    let entry = data.kernel_entry;
    let holds_entry = |base: &u64| {
        let address = PhysAddr(entry.wrapping_sub(*base));
        let instruction = PhysRange::new(address, INSTRUCTION);
        let mut regions = data.regions.iter();
        regions.any(|region| region.memory().contains(instruction))
    };
    let mut bases = [ORDINARY_BASE, HYPERVISOR_BASE].into_iter();
    bases.find(holds_entry).ok_or_else(|| match entry {
        RISCV_BASE.. => origin
            .diagnostic("an image for riscv64")
            .expected("an image for AArch64")
            .found(format!("the kernel's entry point {entry:#x}"))
            .remedy("build the system for an AArch64 board"),
        _ => malformed(origin, "no code at the entry point of its kernel")
            .expected("an address of seL4 for AArch64, in one of the regions")
            .found(format!("{entry:#x}")),
    })
}

fn segment<'a>(region: &Region<'a>, offset: u64) -> Segment<'a> {
    let start = region.start.0;
    let end = region.content.iter().rposition(|&byte| byte != 0);
    Segment {
        virt: start.wrapping_add(offset),
        phys: start,
        size: region.content.len() as u64,
        content: &region.content[..end.map_or(0, |last| last + 1)],
        access: ALL,
    }
}

/// Checks that no two regions overlap, and that none crosses the root task's ends.
fn check_overlaps(origin: Origin<'_>, data: &Data<'_>) -> Result<(), Diagnostic> {
    let mut regions: Vec<_> = data.regions.iter().map(Region::memory).collect();
    regions.sort();
    let mut pairs = regions.array_windows();
    if let Some([one, other]) = pairs.find(|[one, other]| one.overlaps(*other)) {
        return Err(malformed(origin, "its regions overlap")
            .expected("no two regions at the same place")
            .found(format!("{one} and {other}")));
    }
    let user = data.user_image;
    let mut crossing = regions
        .into_iter()
        .filter(|region| region.overlaps(user) && !user.contains(*region));
    match crossing.next() {
        None => Ok(()),
        Some(region) => Err(
            malformed(origin, "a region lies only partly in its root task")
                .expected(format!("regions within {user}, or outside of it"))
                .found(region.to_string()),
        ),
    }
}

/// The root task of `regions`.
fn user_image<'a>(
    origin: Origin<'_>,
    data: &Data<'a>,
    regions: &[&Region<'a>],
) -> Result<UserImage<'a>, Diagnostic> {
    let PhysRange { start, end } = data.user_image;
    let to_virt = data.pv_offset.wrapping_neg();
    let virt = start.0.wrapping_add(to_virt);
    let is_aligned = |address: u64| address.is_multiple_of(PAGE_SIZE);
    let is_sound = start < end
        && [start.0, end.0, virt].into_iter().all(is_aligned)
        && virt.checked_add(end.0 - start.0).is_some();
    if !is_sound {
        return Err(malformed(origin, "the place of its root task is malformed")
            .expected("whole pages, within 64 bits")
            .found(format!("{start}..{end}, at {virt:#x}")));
    }
    let mut segments: Vec<_> = regions
        .iter()
        .map(|region| segment(region, to_virt))
        .collect();
    segments.sort_by_key(|segment| segment.virt);
    let entry = data.user_entry;
    let holds_entry = |segment: &Segment<'_>| {
        let content = segment.virt..segment.virt + segment.content.len() as u64;
        content.contains(&entry)
    };
    if !segments.iter().any(holds_entry) || !entry.is_multiple_of(INSTRUCTION) {
        return Err(
            malformed(origin, "no code at the entry point of its root task")
                .expected(format!("the address of an instruction from {virt:#x} on"))
                .found(format!("{entry:#x}")),
        );
    }
    Ok(UserImage {
        start: virt,
        end: virt + (end.0 - start.0),
        entry: VirtAddr(entry),
        segments,
        gaps: None,
    })
}
