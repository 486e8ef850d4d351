// SPDX-License-Identifier: BSD-2-Clause

//! Hostile loaders and unpackers: an image of one that is accepted is as whole as any other.

use goblin::elf::program_header::PT_NOTE;
use kaal_payload::{LOADER_NOTE_NAME, TRUST_NOTE_TYPE, TrustAnchor};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::programs;
use crate::inputs::{Content, PUBLIC_KEY_BYTES, RAM, small};
use crate::{Target, input};

/// Bits of the first byte: that it is about an unpacker; that it is a loader for signed images.
const IS_UNPACKER: u8 = 1;
const IS_FOR_SIGNED: u8 = 2;

/// The reader of programs that run before the kernel.
pub const FIRMWARE: Target = Target {
    name: "firmware",
    run: |input| {
        let Some((&selector, program)) = input.split_first() else {
            return false;
        };
        let program = program.to_vec();
        let well_formed = match selector & IS_FOR_SIGNED {
            0 => Content::well_formed(),
            _ => Content::signed(),
        };
        let content = match selector & IS_UNPACKER {
            0 => Content {
                loader: program,
                ..well_formed
            },
            _ => Content {
                unpacker: Some(program),
                ..well_formed
            },
        };
        let image = content.build(&[RAM]);
        if let Some(image) = image.as_ref().filter(|_| content.trust_key.is_some()) {
            let mut places = image.file.windows(PUBLIC_KEY_BYTES.len());
            assert!(places.any(|place| place == PUBLIC_KEY_BYTES));
        }
        image.is_some()
    },
    seeds: || {
        vec![
            input(0, &small(programs::loader())),
            input(IS_FOR_SIGNED, &small(loader_for_signed())),
            input(IS_UNPACKER, &programs::unpacker().to_bytes()),
        ]
    },
};

/// A loader with a note for the key that it is to trust, which lies where another segment does.
pub(crate) fn loader_for_signed() -> Elf {
    let mut elf = programs::loader();
    let size = size_of::<TrustAnchor>() as u32;
    let mut note = Vec::new();
    for word in [LOADER_NOTE_NAME.len() as u32 + 1, size, TRUST_NOTE_TYPE] {
        note.extend(word.to_le_bytes());
    }
    note.extend(LOADER_NOTE_NAME.as_bytes());
    note.resize(note.len().next_multiple_of(4) + 4 + size as usize, 0);
    elf.headers.push(ProgramHeader {
        virt: elf.headers[1].virt,
        ..ProgramHeader::other(PT_NOTE, note)
    });
    elf
}
