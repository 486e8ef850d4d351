// SPDX-License-Identifier: BSD-2-Clause

//! Reads the user image: the root task's program.

use goblin::elf::header::{ET_EXEC, et_to_str};
use kaal_payload::{ExceptionLevel, MAGIC, PAGE_SIZE, PhysRange, PhysicalAddressBits, VirtAddr};

use super::complete;
use super::gaps::Gaps;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::Segment;
use crate::format::executable;
use crate::sel4::{EXTRA_HEADER_SIZE, UserLayout, user_top};

/// A user image.
#[derive(Clone, Debug)]
pub(crate) struct UserImage<'a> {
    /// Virtual address of its first page.
    pub(crate) start: u64,
    /// Virtual address behind its last page.
    pub(crate) end: u64,
    /// Its entry point.
    pub(crate) entry: VirtAddr,
    /// Its segments in ascending order.
    pub(crate) segments: Vec<Segment<'a>>,
    /// Gaps between them, if any is wide.
    pub(crate) gaps: Option<Gaps>,
}

/// Whether `file` is an image: only an image holds a payload header in a segment of its own.
fn is_image(file: &[u8]) -> bool {
    let holds_header = |(chunk, _): &executable::Segment<'_>| chunk.content.starts_with(&MAGIC);
    executable::read(file).is_ok_and(|(_, segments)| segments.iter().any(holds_header))
}

impl<'a> UserImage<'a> {
    /// Reads the user image in `file`.
    ///
    /// # Errors
    ///
    /// Returns an error if it isn't an executable for fixed addresses.
    pub(crate) fn read(origin: Origin<'_>, file: &'a [u8]) -> Result<Self, Diagnostic> {
        let program = complete::read(origin, file)?;
        if program.kind != ET_EXEC {
            return Err(origin
                .diagnostic("not linked for fixed addresses")
                .expected("an executable at fixed addresses (EXEC)")
                .found(et_to_str(program.kind))
                .remedy("link the root task statically, for fixed addresses (-static -no-pie)"));
        }
        if is_image(file) {
            return Err(origin
                .diagnostic("not a root task")
                .expected("the root task's executable")
                .found("an image from this builder")
                .remedy("pass the root task's program; `inspect` shows the image"));
        }
        let start = program.segments.first().map_or(0, |segment| segment.virt);
        let end = program.virt_end().checked_next_multiple_of(PAGE_SIZE);
        Ok(Self {
            start: start - start % PAGE_SIZE,
            end: end.ok_or_else(|| above_top(origin, "the address space's end", u64::MAX))?,
            entry: VirtAddr(program.entry),
            gaps: Gaps::between(&program.segments),
            segments: program.segments,
        })
    }

    /// Size in bytes, a multiple of the page size.
    pub(crate) fn size(&self) -> u64 {
        self.end - self.start
    }

    /// Physical minus virtual address, modulo 2^64, for an image at `place`.
    pub(crate) fn offset(&self, place: PhysRange) -> u64 {
        place.start.0.wrapping_sub(self.start)
    }

    /// Checks that the kernel has room behind the image for what it maps there: the IPC buffer, the
    /// boot information, and the extra boot information with a device tree of up to `device_tree`
    /// bytes (seL4 16.0.0, `src/kernel/boot.c`, `calculate_extra_bi_size_bits`;
    /// `src/arch/arm/kernel/boot.c`, `try_init_kernel`).
    pub(crate) fn check_top(
        &self,
        origin: Origin<'_>,
        exception_level: ExceptionLevel,
        bits: PhysicalAddressBits,
        device_tree: u64,
    ) -> Result<(), Diagnostic> {
        let layout = UserLayout {
            start: self.start,
            size: self.size(),
            extra: EXTRA_HEADER_SIZE + device_tree,
        };
        let end = layout.end();
        let top = user_top(exception_level, bits);
        if end >= top {
            return Err(above_top(origin, &format!("{top:#x}"), end));
        }
        Ok(())
    }
}

fn above_top(origin: Origin<'_>, top: &str, end: u64) -> Diagnostic {
    origin
        .diagnostic("reaches above USER_TOP, the end of the kernel's user addresses")
        .expected(format!(
            "its end, with IPC buffer and boot information behind it, below {top}"
        ))
        .found(format!("an end at {end:#x}"))
        .remedy("link the root task for lower addresses")
}
