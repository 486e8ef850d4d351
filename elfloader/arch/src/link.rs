// SPDX-License-Identifier: BSD-2-Clause

//! ELF notes for the builder, and addresses of linker symbols in the running program.

use core::arch::global_asm;

use kaal_payload::{LOADER_NOTE_NAME, RELOCATIONS_NOTE_TYPE};

// A note, as below. The linker script defines the symbols.
global_asm!(
    ".pushsection .note.kaal, \"a\", %note",
    ".word {name_size}, 2 * 4, {kind}",
    ".asciz \"KaaL\"",
    ".balign 4",
    ".word __relocations_offset, __relocations_size",
    ".popsection",
    name_size = const NAME_SIZE,
    kind = const RELOCATIONS_NOTE_TYPE,
);

/// An ELF note, which tells the builder the kind and version of a program.
///
/// Place it in a section whose name begins with `.note`.
#[repr(C)]
pub struct Note<T> {
    name_size: u32,
    content_size: u32,
    kind: u32,
    /// The name and its nul, padded to four bytes.
    name: [u8; NAME_SIZE.next_multiple_of(4)],
    /// The content; its size is a multiple of four bytes.
    pub content: T,
}

const NAME_SIZE: usize = LOADER_NOTE_NAME.len() + 1;

impl<T> Note<T> {
    /// A note of the type `kind`.
    pub const fn new(kind: u32, content: T) -> Self {
        let mut name = [0; _];
        let (text, _): (&mut [u8], _) = name.split_at_mut(LOADER_NOTE_NAME.len());
        text.copy_from_slice(LOADER_NOTE_NAME.as_bytes());
        Self {
            name_size: NAME_SIZE as u32,
            content_size: size_of::<T>() as u32,
            kind,
            name,
            content,
        }
    }
}

/// The address of a linker symbol, relative to the running code. The compiler would read it from the global offset
/// table, which holds the address that the builder chose.
#[macro_export]
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: *const u8;
        // SAFETY: this only computes an address.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, ", $symbol),
                concat!("add {0}, {0}, :lo12:", $symbol),
                out(reg) address,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        address
    }};
}
