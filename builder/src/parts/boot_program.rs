// SPDX-License-Identifier: BSD-2-Clause

//! Reads and relocates the programs that run before the kernel: the loader, the unpacker and the UEFI stub.

use goblin::elf::header::{ELFMAG, ET_DYN, et_to_str};
use goblin::elf::program_header::{PT_GNU_RELRO, PT_NOTE};
use kaal_payload::{
    LOADER_MAX_SIZE, LOADER_NOTE_NAME, LOADER_NOTE_TYPE, PACKAGE_VERSION, PAGE_SIZE, PhysAddr,
    RELOCATIONS_NOTE_TYPE, STUB_NOTE_TYPE, TRUST_NOTE_TYPE, TrustAnchor, UNPACKER_NOTE_TYPE,
    VERSION,
};
use kaal_translation::Access;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U32;

use super::complete;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::{Program, Segment, note};
use crate::files::program;
use crate::format::{efi, head, loader_head};

/// The requirements for a program.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name in messages.
    name: &'static str,
    /// The type of the ELF note in such programs.
    note: u32,
    /// The name and version of the program's contract with the builder.
    contract: &'static str,
    version: u32,
    /// Who relocates the program.
    relocator: Relocator,
    /// The remedy if a file isn't such a program.
    remedy: &'static str,
}

/// Who writes the addresses that a program holds of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relocator {
    /// The builder, for the address that it chose.
    Builder,
    /// The program itself, where it runs. The head of its format replaces its ELF header.
    Program,
    /// Nobody: it holds none, and only constants. Its head replaces its ELF header.
    Nobody,
}

/// The loader's requirements.
pub(crate) const LOADER: Kind = Kind {
    name: "loader",
    note: LOADER_NOTE_TYPE,
    contract: "payload",
    version: VERSION,
    relocator: Relocator::Builder,
    remedy: "pass target/kaal/elfloader.elf, which `cargo xtask build` makes",
};

/// The unpacker's requirements.
pub(crate) const UNPACKER: Kind = Kind {
    name: "unpacker",
    note: UNPACKER_NOTE_TYPE,
    contract: "package",
    version: PACKAGE_VERSION,
    relocator: Relocator::Program,
    remedy: "pass target/kaal/unpacker.elf, which `cargo xtask build` makes",
};

/// The UEFI stub's requirements.
pub(crate) const STUB: Kind = Kind {
    name: "UEFI stub",
    note: STUB_NOTE_TYPE,
    contract: "package",
    version: PACKAGE_VERSION,
    relocator: Relocator::Nobody,
    remedy: "pass target/kaal/efi-stub.elf, which `cargo xtask build` makes",
};

/// A page-aligned segment of a program.
#[derive(Clone, Debug)]
pub(crate) struct PageSegment {
    /// Offset in bytes from the load address.
    pub(crate) offset: u64,
    /// Size in bytes in memory.
    pub(crate) size: u64,
    /// The content, at most `size` bytes. The rest of the memory is zero.
    pub(crate) content: Vec<u8>,
    /// The permitted accesses besides reading, never both.
    pub(crate) access: Access,
}

/// The memory from the offset `start` to the last byte of content. Gaps are zero.
pub(crate) fn flatten<'a>(start: u64, parts: impl IntoIterator<Item = &'a PageSegment>) -> Vec<u8> {
    let mut memory = Vec::new();
    for part in parts {
        memory.resize((part.offset - start) as usize, 0);
        memory.extend_from_slice(&part.content);
    }
    memory
}

/// The `N` bytes of content at the offset `start`, if one part holds them all.
fn content_mut<const N: usize>(parts: &mut [PageSegment], start: u64) -> Option<&mut [u8; N]> {
    parts.iter_mut().find_map(|part| {
        let offset = usize::try_from(start.checked_sub(part.offset)?).ok()?;
        part.content.get_mut(offset..)?.first_chunk_mut()
    })
}

/// The offsets of the words that `table` names, which hold addresses in a program. An entry of the
/// table is an even offset of a word, or an odd number with a bit for each of the next 63 words (System
/// V ABI, `SHT_RELR`).
fn relocated_words(table: &[u8]) -> impl Iterator<Item = u64> {
    const SIZE: u64 = size_of::<u64>() as u64;
    let mut next = 0u64;
    table.as_chunks().0.iter().flat_map(move |&entry| {
        let entry = u64::from_le_bytes(entry);
        let (first, bits, words) = match entry & 1 {
            0 => (entry, 1, 1),
            _ => (next, entry >> 1, u64::from(u64::BITS - 1)),
        };
        next = first.wrapping_add(words * SIZE);
        let is_named = move |word: &u64| bits >> word & 1 != 0;
        let offset = move |word| first.wrapping_add(word * SIZE);
        (0..words).filter(is_named).map(offset)
    })
}

/// A position-independent program.
#[derive(Clone, Debug)]
pub(crate) struct BootProgram {
    /// Offset in bytes of the entry point from the load address.
    pub(crate) entry: u64,
    /// The parts in ascending order.
    pub(crate) parts: Vec<PageSegment>,
    /// Offsets in bytes of the words that hold an address in the program, minus the load address.
    relocations: Vec<u64>,
    /// Offset in bytes of the [`TrustAnchor`] from the load address; `None` in a loader for
    /// unsigned images.
    pub(crate) anchor: Option<u64>,
}

impl BootProgram {
    /// Reads the program in `file`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is no program of `kind`, or one of another version or shape.
    pub(crate) fn read(origin: Origin<'_>, file: &[u8], kind: &Kind) -> Result<Self, Diagnostic> {
        let reader = Reader {
            origin,
            kind,
            program: complete::read(origin, file)?,
        };
        reader
            .check_version()
            .map_err(|error| program::or_image(error, file))?;
        reader.check_shape()?;
        let anchor = reader.find_anchor()?;
        let (relocations, entries) = reader.find_relocations()?;
        if kind.relocator == Relocator::Nobody {
            reader.check_constant(entries)?;
        }
        let program = &reader.program;
        let mut firmware = Self {
            entry: program.entry,
            parts: program
                .segments
                .iter()
                .map(|segment| PageSegment {
                    offset: segment.virt,
                    size: segment.size,
                    content: segment.content.to_vec(),
                    access: match anchor.is_some() && reader.is_relocated_once(segment) {
                        true => Access::default(),
                        false => segment.access,
                    },
                })
                .collect(),
            relocations: relocated_words(entries)
                .map(|place| reader.check_relocation(place))
                .collect::<Result<_, _>>()?,
            anchor,
        };
        let has_header = firmware.start().starts_with(ELFMAG);
        let mut is_start_free = has_header && firmware.start().len() >= head::SIZE;
        if kind.relocator == Relocator::Builder {
            firmware.forget(relocations, entries.len() as u64);
        }
        if has_header {
            firmware.forget(0, program.headers_end);
        }
        if kind.relocator == Relocator::Builder {
            let start = firmware.start().first_chunk::<{ loader_head::SIZE }>();
            is_start_free = start == Some(&[0; _]);
        }
        let expected = "a first PT_LOAD that begins with the file's header";
        match is_start_free {
            true => Ok(firmware),
            false => Err(reader.wrong_shape(expected, "other content")),
        }
    }

    /// The content of the first part.
    fn start(&self) -> &[u8] {
        self.parts.first().map_or(&[], |part| &part.content)
    }

    /// Size in bytes in memory, rounded up to pages. The payload header follows there.
    pub(crate) fn size(&self) -> u64 {
        self.memory().next_multiple_of(PAGE_SIZE)
    }

    /// Size in bytes in memory.
    pub(crate) fn memory(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.offset + part.size)
    }

    /// Returns the parts, relocated to the load address `base`.
    pub(crate) fn relocated(&self, base: PhysAddr) -> Vec<PageSegment> {
        let mut parts = self.parts.clone();
        for &place in &self.relocations {
            if let Some(word) = content_mut(&mut parts, place) {
                *word = base.0.wrapping_add(u64::from_le_bytes(*word)).to_le_bytes();
            }
        }
        parts
    }

    /// Stores `anchor` in the program at the offset `place`.
    pub(crate) fn trust(&mut self, place: u64, anchor: &TrustAnchor) {
        const SIZE: usize = size_of::<TrustAnchor>();
        if let Some(bytes) = content_mut::<SIZE>(&mut self.parts, place) {
            bytes.copy_from_slice(anchor.as_bytes());
        }
    }

    /// Clears `size` bytes at the offset `start`. Only linkers and ELF loaders need them, and the
    /// image doesn't store long runs of zeroes.
    fn forget(&mut self, start: u64, size: u64) {
        let bytes = start..start.saturating_add(size);
        for part in &mut self.parts {
            for (offset, byte) in (part.offset..).zip(&mut part.content) {
                if bytes.contains(&offset) {
                    *byte = 0;
                }
            }
        }
    }
}

/// Checks a program's file.
struct Reader<'a> {
    origin: Origin<'a>,
    kind: &'a Kind,
    program: Program<'a>,
}

impl<'a> Reader<'a> {
    fn wrong(&self, problem: impl Into<String>) -> Diagnostic {
        self.origin.diagnostic(problem).remedy(self.kind.remedy)
    }

    fn wrong_shape(&self, expected: &str, found: impl Into<String>) -> Diagnostic {
        self.wrong(format!("a KaaL {} of the wrong shape", self.kind.name))
            .expected(expected)
            .found(found)
    }

    fn check_version(&self) -> Result<(), Diagnostic> {
        let Kind { name, contract, .. } = self.kind;
        let version = self
            .program
            .contents(PT_NOTE)
            .find_map(|(_, notes)| note::find(notes, self.kind.note).next())
            .and_then(|(_, note)| note.first_chunk().copied())
            .map(u32::from_le_bytes);
        match version {
            Some(version) if version == self.kind.version => Ok(()),
            Some(version) => Err(self
                .origin
                .diagnostic(format!("a KaaL {name} of another version"))
                .expected(format!("{contract} version {}", self.kind.version))
                .found(format!("{contract} version {version}"))
                .remedy(format!(
                    "use {name} and builder of the same version of KaaL"
                ))),
            None => Err(self
                .wrong(format!("not a KaaL {name}"))
                .expected(format!(
                    "an ELF note of the owner {LOADER_NOTE_NAME:?}, type {}",
                    self.kind.note
                ))
                .found("no such note")),
        }
    }

    fn check_shape(&self) -> Result<(), Diagnostic> {
        let program = &self.program;
        if program.kind != ET_DYN {
            let expected = "a static position-independent executable (DYN)";
            return Err(self.wrong_shape(expected, et_to_str(program.kind)));
        }
        let at = |address: u64| format!("one at {address:#x}");
        let first = program.segments.first();
        let start = first.map_or(0, |segment| segment.virt);
        if start != 0 {
            return Err(self.wrong_shape("a first PT_LOAD at address 0", at(start)));
        }
        if first.is_some_and(|segment| segment.access.writable) {
            let expected = "a first PT_LOAD without the flag W, so that it can be verified";
            return Err(self.wrong_shape(expected, "one with it"));
        }
        for segment in &program.segments {
            if !segment.virt.is_multiple_of(PAGE_SIZE) {
                let expected = "PT_LOADs that begin at multiples of 4096";
                return Err(self.wrong_shape(expected, at(segment.virt)));
            }
            if segment.access.writable && segment.access.executable {
                let expected = "no PT_LOAD both writable and executable";
                return Err(self.wrong_shape(expected, at(segment.virt)));
            }
        }
        if program.virt_end() > LOADER_MAX_SIZE {
            let found = format!("{} bytes", program.virt_end());
            return Err(self.wrong_shape("at most 2 MiB of memory", found));
        }
        Ok(())
    }

    /// The offset of the [`TrustAnchor`], which is the content of a note.
    fn find_anchor(&self) -> Result<Option<u64>, Diagnostic> {
        const SIZE: u64 = size_of::<TrustAnchor>() as u64;
        let anchor = self.program.contents(PT_NOTE).find_map(|(start, notes)| {
            let mut notes = note::find(notes, TRUST_NOTE_TYPE);
            let (offset, _) = notes.find(|(_, note)| note.len() as u64 == SIZE)?;
            Some(start.saturating_add(offset as u64))
        });
        match anchor {
            Some(place) if self.program.content(place, SIZE).is_none() => {
                let expected = "the note for the trusted key within a PT_LOAD";
                Err(self.wrong_shape(expected, format!("a note at {place:#x}")))
            }
            _ => Ok(anchor),
        }
    }

    /// Whether the segment holds addresses that are constant once the builder has relocated them. A
    /// forger could redirect them, so a loader for signed images verifies them like its code.
    fn is_relocated_once(&self, segment: &Segment<'_>) -> bool {
        let mut constants = self.program.contents(PT_GNU_RELRO);
        constants
            .any(|(start, content)| start == segment.virt && content.len() == segment.content.len())
    }

    /// The offset and content of the table of relocations, from the note that names it.
    fn find_relocations(&self) -> Result<(u64, &'a [u8]), Diagnostic> {
        let entry = self.program.contents(PT_NOTE).find_map(|(_, notes)| {
            let (_, content) = note::find(notes, RELOCATIONS_NOTE_TYPE).next()?;
            content.first_chunk::<8>()
        });
        let Some(entry) = entry else {
            let expected = "an ELF note that names its relocations";
            return Err(self.wrong_shape(expected, "no such note"));
        };
        let [start, size]: [U32; 2] = zerocopy::transmute!(*entry);
        let (start, size) = (start.into(), size.into());
        match self.program.content(start, size) {
            _ if size == 0 => Ok((start, &[])),
            Some(entries) => Ok((start, entries)),
            None => Err(self
                .wrong("its relocations lie outside of its content")
                .expected("relocations within a PT_LOAD")
                .found(format!("{size} bytes at {start:#x}"))),
        }
    }

    /// Checks that the program is small, and that nothing has to write to it.
    fn check_constant(&self, relocations: &[u8]) -> Result<(), Diagnostic> {
        if self.program.virt_end() > efi::STUB_MAX_SIZE {
            let found = format!("{} bytes", self.program.virt_end());
            return Err(self.wrong_shape("at most 64 KiB of memory", found));
        }
        let mut segments = self.program.segments.iter();
        let found = match segments.find(|segment| segment.access.writable) {
            Some(segment) => format!("a writable PT_LOAD at {:#x}", segment.virt),
            None if !relocations.is_empty() => "relocations".to_owned(),
            None => return Ok(()),
        };
        Err(self.wrong_shape("neither variables nor relocations", found))
    }

    fn check_relocation(&self, place: u64) -> Result<u64, Diagnostic> {
        match self.program.content(place, size_of::<u64>() as u64) {
            Some(_) => Ok(place),
            None => Err(self
                .wrong("it has a relocation outside of its content")
                .expected("relocations of words that the file holds")
                .found(format!("a relocation at {place:#x}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use kaal_translation::Access;

    use super::{BootProgram, PageSegment};

    /// An offset, the words 1, 3 and 63 behind it, the word after these, and another offset.
    #[test]
    fn compact_relocations() {
        let entries = [0x1000, 1 | 1 << 1 | 1 << 3 | 1 << 63, 1 | 1 << 1, 0x3008u64];
        let table = entries.map(u64::to_le_bytes);
        let words: Vec<_> = super::relocated_words(table.as_flattened()).collect();
        assert_eq!(words, [0x1000, 0x1008, 0x1018, 0x11f8, 0x1200, 0x3008]);
    }

    #[test]
    fn what_is_forgotten_is_zero_and_nothing_else() {
        let part = |offset| PageSegment {
            offset,
            size: 4,
            content: vec![1; 4],
            access: Access::default(),
        };
        let mut program = BootProgram {
            entry: 0,
            parts: vec![part(0), part(8)],
            relocations: Vec::new(),
            anchor: None,
        };
        program.forget(2, 7);
        program.forget(11, u64::MAX);
        let contents = program.parts.iter().map(|part| part.content.as_slice());
        assert_eq!(contents.collect::<Vec<_>>(), [[1, 1, 0, 0], [0, 1, 1, 0]]);
    }
}
