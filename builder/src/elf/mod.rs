// SPDX-License-Identifier: BSD-2-Clause

//! Reads the ELF files that an image is made of.

pub(crate) mod capdl;
pub(crate) mod demangled;
pub(crate) mod functions;
pub(crate) mod note;

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header::header64::SIZEOF_EHDR;
use goblin::elf::header::{
    EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFMAG, EM_AARCH64, Header, machine_to_str,
};
use goblin::elf::program_header::program_header64::SIZEOF_PHDR;
use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD, ProgramHeader};
use kaal_translation::Access;

use crate::diagnostic::{Diagnostic, Origin};

/// The layout of all programs for AArch64: 64 bits, little-endian.
pub(crate) const LAYOUT: Ctx = Ctx {
    container: Container::Big,
    le: Endian::Little,
};

/// Size in bytes of a program header.
const PROGRAM_HEADER_SIZE: u64 = SIZEOF_PHDR as u64;

/// Size in bytes of an instruction, and its alignment (Arm ARM DDI 0487, "PC alignment checking").
pub(crate) const INSTRUCTION: u64 = 4;

/// Most program headers in a file. More segments don't fit into an image. Each header could name
/// the whole file, so reading would take quadratic time without a limit.
const MOST_PROGRAM_HEADERS: u64 = 256;

/// A segment to load (`PT_LOAD`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// Virtual address of the first byte.
    pub(crate) virt: u64,
    /// Physical address of the first byte.
    pub(crate) phys: u64,
    /// Size in bytes in memory, at least 1. Neither `virt + size` nor `phys + size` overflows.
    pub(crate) size: u64,
    /// The content in the file, at most `size` bytes. The rest of the memory is zero.
    pub(crate) content: &'a [u8],
    /// The permitted accesses besides reading.
    pub(crate) access: Access,
}

impl Segment<'_> {
    /// The virtual address behind the last byte.
    pub(crate) fn virt_end(&self) -> u64 {
        self.virt + self.size
    }

    /// The physical address behind the last byte.
    pub(crate) fn phys_end(&self) -> u64 {
        self.phys + self.size
    }
}

/// A program for AArch64.
#[derive(Clone, Debug)]
pub(crate) struct Program<'a> {
    /// The ELF type, `e_type`.
    pub(crate) kind: u16,
    /// Virtual address of the entry point, an instruction in an executable segment.
    pub(crate) entry: u64,
    /// The `PT_LOAD`s in ascending order of virtual address. There is at least one, and none
    /// overlap.
    pub(crate) segments: Vec<Segment<'a>>,
    /// Offset of the end of the program headers in the file.
    pub(crate) headers_end: u64,
    headers: Vec<ProgramHeader>,
    file: &'a [u8],
}

impl<'a> Program<'a> {
    /// Reads the program in `file`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is no AArch64 program, is truncated, or has malformed segments.
    pub(crate) fn read(origin: Origin<'_>, file: &'a [u8]) -> Result<Self, Diagnostic> {
        let header = read_header(origin, file)?;
        let headers = read_program_headers(origin, file, &header)?;
        let segments = read_segments(origin, file, &headers)?;
        let entry = header.e_entry;
        let holds_entry = |segment: &Segment<'_>| {
            segment.access.executable && (segment.virt..segment.virt_end()).contains(&entry)
        };
        if !segments.iter().any(holds_entry) {
            return Err(origin
                .diagnostic("its entry point lies outside its executable segments")
                .expected("an entry point in a PT_LOAD with the flag E")
                .found(format!("entry point {entry:#x}"))
                .remedy(
                    "link it with the right ENTRY symbol, and don't strip that symbol's section",
                ));
        }
        if !entry.is_multiple_of(INSTRUCTION) {
            return Err(origin
                .diagnostic("its entry point lies within an instruction")
                .expected(format!("a multiple of {INSTRUCTION}"))
                .found(format!("entry point {entry:#x}"))
                .remedy("link it with the right ENTRY symbol"));
        }
        Ok(Self {
            kind: header.e_type,
            entry,
            segments,
            headers_end: header.e_phoff + headers.len() as u64 * PROGRAM_HEADER_SIZE,
            headers,
            file,
        })
    }

    /// The virtual address and content of each program header of the type `kind`. Skips content
    /// outside of the file.
    pub(crate) fn contents(&self, kind: u32) -> impl Iterator<Item = (u64, &'a [u8])> {
        let of_kind = self
            .headers
            .iter()
            .filter(move |header| header.p_type == kind);
        of_kind.filter_map(|header| {
            let content = slice(self.file, header.p_offset, header.p_filesz)?;
            Some((header.p_vaddr, content))
        })
    }

    /// The `size` bytes of content at the virtual address `virt`, if one segment holds them all.
    pub(crate) fn content(&self, virt: u64, size: u64) -> Option<&'a [u8]> {
        self.segments
            .iter()
            .find_map(|segment| slice(segment.content, virt.checked_sub(segment.virt)?, size))
    }

    /// The virtual address behind the last segment.
    pub(crate) fn virt_end(&self) -> u64 {
        self.segments.last().map_or(0, Segment::virt_end)
    }
}

/// The `size` bytes at `offset`, if `bytes` holds them all.
pub(crate) fn slice(bytes: &[u8], offset: u64, size: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(size).ok()?)?;
    bytes.get(start..end)
}

fn truncated(origin: Origin<'_>, what: &str, needed: u64, found: usize) -> Diagnostic {
    origin
        .diagnostic(format!("truncated in {what}"))
        .expected(format!("at least {needed} bytes"))
        .found(format!("{found} bytes"))
        .remedy("copy or build the file again")
}

fn read_header(origin: Origin<'_>, file: &[u8]) -> Result<Header, Diagnostic> {
    if !file.starts_with(ELFMAG) {
        return Err(origin
            .diagnostic("not an ELF file")
            .expected("an ELF file for AArch64")
            .found(first_bytes(file, ELFMAG.len()))
            .remedy("pass the linked program, not a raw image or text"));
    }
    let not_for_aarch64 = |expected: &str| {
        origin
            .diagnostic("not a program for AArch64")
            .expected(expected)
            .remedy("build it for a little-endian, 64-bit Arm target, e.g. aarch64-unknown-none")
    };
    match (file.get(EI_CLASS), file.get(EI_DATA)) {
        (Some(&class), _) if class != ELFCLASS64 => {
            return Err(not_for_aarch64("a 64-bit file").found(match class {
                1 => "a 32-bit file".to_owned(),
                _ => format!("EI_CLASS {class}"),
            }));
        }
        (_, Some(&data)) if data != ELFDATA2LSB => {
            return Err(not_for_aarch64("a little-endian file").found(match data {
                2 => "a big-endian file".to_owned(),
                _ => format!("EI_DATA {data}"),
            }));
        }
        _ => {}
    }
    let header = file
        .get(..SIZEOF_EHDR)
        .and_then(|bytes| goblin::elf::Elf::parse_header(bytes).ok())
        .ok_or_else(|| truncated(origin, "its header", SIZEOF_EHDR as u64, file.len()))?;
    let machine = header.e_machine;
    if machine != EM_AARCH64 {
        let name = machine_to_str(machine);
        return Err(
            not_for_aarch64("machine AARCH64 (183)").found(format!("machine {name} ({machine})"))
        );
    }
    Ok(header)
}

/// Formats the first bytes of a file, at most `count`, as hexadecimal digits.
pub(crate) fn first_bytes(file: &[u8], count: usize) -> String {
    let bytes = file.iter().take(count);
    let digits: Vec<_> = bytes.map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

fn read_program_headers(
    origin: Origin<'_>,
    file: &[u8],
    header: &Header,
) -> Result<Vec<ProgramHeader>, Diagnostic> {
    let count = u64::from(header.e_phnum);
    if count > 0 && u64::from(header.e_phentsize) != PROGRAM_HEADER_SIZE {
        return Err(origin
            .diagnostic("its program headers have an unknown layout")
            .expected(format!("e_phentsize {PROGRAM_HEADER_SIZE}"))
            .found(format!("e_phentsize {}", header.e_phentsize))
            .remedy("copy or build the file again"));
    }
    if count > MOST_PROGRAM_HEADERS {
        return Err(origin
            .diagnostic("it has too many program headers")
            .expected(format!("at most {MOST_PROGRAM_HEADERS}"))
            .found(count.to_string())
            .remedy("put sections with the same access next to each other in its linker script"));
    }
    let size = count * PROGRAM_HEADER_SIZE;
    let table = slice(file, header.e_phoff, size).ok_or_else(|| {
        let needed = header.e_phoff.saturating_add(size);
        truncated(origin, "its program headers", needed, file.len())
    })?;
    ProgramHeader::parse(table, 0, header.e_phnum.into(), LAYOUT)
        .map_err(|_| truncated(origin, "its program headers", size, table.len()))
}

fn read_segments<'a>(
    origin: Origin<'_>,
    file: &'a [u8],
    headers: &[ProgramHeader],
) -> Result<Vec<Segment<'a>>, Diagnostic> {
    let mut segments = headers
        .iter()
        .filter(|header| header.p_type == PT_LOAD && header.p_memsz > 0)
        .map(|header| read_segment(origin, file, header))
        .collect::<Result<Vec<_>, _>>()?;
    if segments.is_empty() {
        return Err(origin
            .diagnostic("it has no segment to load")
            .expected("at least one PT_LOAD")
            .found(format!("{} program headers, no PT_LOAD", headers.len()))
            .remedy("pass the linked program, not an object file"));
    }
    segments.sort_by_key(|segment| segment.virt);
    for [first, second] in segments.array_windows() {
        if first.virt_end() > second.virt {
            let [one, other] = [first, second]
                .map(|segment| format!("{:#x}..{:#x}", segment.virt, segment.virt_end()));
            return Err(origin
                .diagnostic("its PT_LOADs overlap")
                .expected(format!("a PT_LOAD at or above {:#x}", first.virt_end()))
                .found(format!("{one} and {other}"))
                .remedy("correct the addresses in its linker script"));
        }
    }
    Ok(segments)
}

fn read_segment<'a>(
    origin: Origin<'_>,
    file: &'a [u8],
    header: &ProgramHeader,
) -> Result<Segment<'a>, Diagnostic> {
    let (virt, phys, size) = (header.p_vaddr, header.p_paddr, header.p_memsz);
    let content = slice(file, header.p_offset, header.p_filesz).ok_or_else(|| {
        let needed = header.p_offset.saturating_add(header.p_filesz);
        let what = format!("the PT_LOAD at {virt:#x}");
        truncated(origin, &what, needed, file.len())
    })?;
    let fits = header.p_filesz <= size
        && virt.checked_add(size).is_some()
        && phys.checked_add(size).is_some();
    if !fits {
        return Err(origin
            .diagnostic(format!("its PT_LOAD at {virt:#x} is malformed"))
            .expected("p_filesz up to p_memsz, and an end within 64 bits")
            .found(format!(
                "p_paddr {phys:#x}, p_filesz {:#x}, p_memsz {size:#x}",
                header.p_filesz
            ))
            .remedy("copy or build the file again"));
    }
    Ok(Segment {
        virt,
        phys,
        size,
        content,
        access: Access {
            writable: header.p_flags & PF_W != 0,
            executable: header.p_flags & PF_X != 0,
        },
    })
}
