// SPDX-License-Identifier: BSD-2-Clause

//! Reads the seL4 kernel.

use goblin::elf::header::{ET_EXEC, et_to_str};
use kaal_payload::{ExceptionLevel, PAGE_SIZE, PhysAddr, PhysRange, VirtAddr};

use super::complete;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::Segment;
use crate::files::program;
use crate::sel4::{HYPERVISOR_BASE, ORDINARY_BASE, PADDR_TOP};

/// The part of `kernel` that only its boot needs: up to the symbol `ki_boot_end` (seL4 16.0.0,
/// `src/arch/arm/common_arm.lds`). `file` is the kernel's ELF file; `None` if it has no such
/// symbol.
pub(crate) fn boot_part(kernel: &Kernel<'_>, file: &[u8]) -> Option<PhysRange> {
    let end = symbol(file, "ki_boot_end")?;
    let end = PhysAddr(end.wrapping_sub(kernel.base));
    let start = kernel.memory.start;
    (start < end && end <= kernel.memory.end).then_some(PhysRange { start, end })
}

/// The value of a symbol of the ELF file `file`, if it has that.
pub(crate) fn symbol(file: &[u8], name: &str) -> Option<u64> {
    let elf = goblin::elf::Elf::parse(file).ok()?;
    let mut symbols = elf.syms.iter();
    let symbol = symbols.find(|symbol| elf.strtab.get_at(symbol.st_name) == Some(name))?;
    Some(symbol.st_value)
}

fn not_like_sel4(origin: Origin<'_>) -> Diagnostic {
    let remedy = "pass the unchanged kernel.elf of seL4's build for AArch64";
    origin.diagnostic("not linked like seL4").remedy(remedy)
}

/// A kernel at the physical address that it was linked for.
#[derive(Clone, Debug)]
pub(crate) struct Kernel<'a> {
    /// The exception level that it runs at.
    pub(crate) exception_level: ExceptionLevel,
    /// Its entry point.
    pub(crate) entry: VirtAddr,
    /// Its segments in ascending order.
    pub(crate) segments: Vec<Segment<'a>>,
    /// The pages of all segments.
    pub(crate) memory: PhysRange,
    /// Virtual minus physical address, modulo 2^64.
    base: u64,
}

impl<'a> Kernel<'a> {
    /// Reads the kernel in `file`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file isn't linked like seL4.
    pub(crate) fn read(origin: Origin<'_>, file: &'a [u8]) -> Result<Self, Diagnostic> {
        Self::try_read(origin, file).map_err(|error| program::or_image(error, file))
    }

    fn try_read(origin: Origin<'_>, file: &'a [u8]) -> Result<Self, Diagnostic> {
        let program = complete::read(origin, file)?;
        if program.kind != ET_EXEC {
            return Err(not_like_sel4(origin)
                .expected("an executable at fixed addresses (EXEC)")
                .found(et_to_str(program.kind)));
        }
        Self::of_segments(origin, VirtAddr(program.entry), program.segments)
    }

    /// The kernel of `segments`, which ascend.
    ///
    /// # Errors
    ///
    /// Returns an error if their addresses aren't those of seL4.
    pub(crate) fn of_segments(
        origin: Origin<'_>,
        entry: VirtAddr,
        segments: Vec<Segment<'a>>,
    ) -> Result<Self, Diagnostic> {
        let not_like_sel4 = || not_like_sel4(origin);
        let (mut start, mut end, mut base) = (u64::MAX, 0, None);
        for segment in &segments {
            let difference = segment.virt.wrapping_sub(segment.phys);
            if *base.get_or_insert(difference) != difference {
                return Err(not_like_sel4()
                    .expected("the same difference of virtual and physical address in all PT_LOADs")
                    .found(format!("{:#x} at {:#x}", segment.virt, segment.phys)));
            }
            start = start.min(segment.phys);
            end = end.max(segment.phys_end());
        }
        let base = base.unwrap_or_default();
        let exception_level = match base {
            ORDINARY_BASE => ExceptionLevel::El1,
            HYPERVISOR_BASE => ExceptionLevel::El2,
            _ => {
                let expected = "virtual addresses that are the physical ones plus \
                                0xffffff8000000000, or 0x8000000000 with hypervisor support";
                return Err(not_like_sel4().expected(expected).found(match base {
                    0 => "the physical addresses themselves, as in a user program".to_owned(),
                    _ => format!("the physical ones plus {base:#x}"),
                }));
            }
        };
        if !start.is_multiple_of(PAGE_SIZE) {
            return Err(not_like_sel4()
                .expected("a first PT_LOAD at a multiple of 4096")
                .found(format!("physical address {start:#x}")));
        }
        if end > PADDR_TOP.0 {
            return Err(not_like_sel4()
                .expected(format!("physical addresses below {PADDR_TOP}"))
                .found(format!("a segment up to {end:#x}")));
        }
        Ok(Self {
            exception_level,
            entry,
            segments,
            memory: PhysRange::from(PhysAddr(start)..PhysAddr(end.next_multiple_of(PAGE_SIZE))),
            base,
        })
    }

    /// The virtual address of [`Self::memory`].
    pub(crate) fn virt(&self) -> VirtAddr {
        VirtAddr(self.memory.start.0.wrapping_add(self.base))
    }
}
