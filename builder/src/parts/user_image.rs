// SPDX-License-Identifier: BSD-2-Clause

//! Reads the user image: the root task's program.

use goblin::elf::header::{ET_EXEC, et_to_str};
use goblin::elf::program_header::PT_INTERP;
use kaal_payload::{ExceptionLevel, MAGIC, PAGE_SIZE, PhysRange, PhysicalAddressBits, VirtAddr};

use super::complete;
use super::gaps::Gaps;
use super::kernel::Kernel;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::{Segment, capdl, note};
use crate::files::kind::{other_loader, with_way};
use crate::format::executable;
use crate::sel4::{UserLayout, extra_size, user_top};

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

/// Names the program in `file` with `segments`, if it is none for EL0. Only KaaL's images hold a payload header in a
/// segment of its own.
fn other_program(origin: Origin<'_>, file: &[u8], segments: &[Segment<'_>]) -> Option<Diagnostic> {
    let error = origin
        .diagnostic("not a root task")
        .expected("the root task's executable")
        .remedy("pass the root task's own program, from which images are built");
    let holds_header = |(chunk, _): &executable::Segment<'_>| chunk.content.starts_with(&MAGIC);
    if executable::read(file).is_ok_and(|(_, segments)| segments.iter().any(holds_header)) {
        return Some(error.found("a bootable image of KaaL"));
    }
    if Kernel::read(origin, file).is_ok() {
        return Some(error.found("a seL4 kernel"));
    }
    let segments = segments.iter().map(|segment| segment.content);
    let loader = segments.chain([file]).find_map(other_loader)?;
    let error = error.found(format!("a bootable image of {loader}"));
    Some(with_way(error, loader))
}

fn no_specification(origin: Origin<'_>) -> Diagnostic {
    origin
        .diagnostic("a capDL initialiser without a specification, which panics")
        .expected("an initialiser with the program header PT_SEL4_CAPDL_SPEC")
        .found("none")
        .remedy("add one with `sel4-capdl-initializer-add-spec -e FILE -f SPEC -d FOLDER -o OUT`, and pass OUT")
}

fn dynamically_linked(origin: Origin<'_>, interpreter: &[u8]) -> Diagnostic {
    let interpreter = interpreter.strip_suffix(b"\0").unwrap_or(interpreter);
    origin
        .diagnostic("dynamically linked, but nothing on seL4 loads shared libraries")
        .expected("a program without PT_INTERP")
        .found(format!("the interpreter {}", interpreter.escape_ascii()))
        .remedy(
            "link the root task statically (-static -no-pie), with a libc for seL4 if it needs one",
        )
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
                .remedy(
                    "link the root task statically, for fixed addresses (-static -no-pie; with rustc, \
                     -C relocation-model=static)",
                ));
        }
        if let Some((_, interpreter)) = program.contents(PT_INTERP).next() {
            return Err(dynamically_linked(origin, interpreter));
        }
        if let Some(error) = other_program(origin, file, &program.segments) {
            return Err(error);
        }
        if capdl::lacks_specification(&program) {
            return Err(no_specification(origin));
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

    /// Whether it lets programs be replaced in the running system.
    pub(crate) fn is_for_development(&self) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| {
            note::find(segment.content, note::DEVELOPMENT)
                .next()
                .is_some()
        })
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
            extra: extra_size(device_tree),
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
