// SPDX-License-Identifier: BSD-2-Clause

//! Hostile loaders, unpackers and UEFI stubs. If the builder accepts one, the image must be whole.

use kaal_elfloader_builder::Format;

use crate::common::programs;
use crate::inputs::{Content, PUBLIC_KEY_BYTES, RAM};
use crate::{Target, input};

/// Bit of the first byte: the program is an unpacker.
const IS_UNPACKER: u8 = 1;

/// Bit of the first byte: the program is a loader for signed images.
const IS_FOR_SIGNED: u8 = 2;

/// Bit of the first byte: the unpacker is that of an arm64 Linux Image.
const IS_OF_IMAGE: u8 = 4;

/// Bit of the first byte: the program is a UEFI stub.
const IS_STUB: u8 = 8;

/// The reader of loaders, unpackers and UEFI stubs.
pub const BOOT_PROGRAM: Target = Target {
    name: "boot_program",
    run: |input| {
        let Some((&selector, program)) = input.split_first() else {
            return false;
        };
        let program = program.to_vec();
        let well_formed = match selector & (IS_FOR_SIGNED | IS_UNPACKER) {
            IS_FOR_SIGNED => Content::signed(),
            _ => Content::well_formed(),
        };
        let content = match selector & (IS_UNPACKER | IS_STUB) {
            0 => Content {
                loader: program,
                ..well_formed
            },
            IS_STUB => Content {
                unpacker: Some(programs::tiny_unpacker().to_bytes()),
                efi_stub: Some(program),
                format: Format::Efi,
                ..well_formed
            },
            _ => Content {
                unpacker: Some(program),
                format: match selector & IS_OF_IMAGE {
                    0 => Format::Raw,
                    _ => Format::Image,
                },
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
            input(0, &programs::loader().to_bytes()),
            input(
                IS_FOR_SIGNED,
                &programs::loader_of_signed_images().to_bytes(),
            ),
            input(IS_UNPACKER, &programs::tiny_unpacker().to_bytes()),
            input(IS_STUB, &programs::efi_stub().to_bytes()),
            input(
                IS_UNPACKER | IS_OF_IMAGE,
                &programs::tiny_unpacker().to_bytes(),
            ),
        ]
    },
};
