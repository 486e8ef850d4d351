// SPDX-License-Identifier: BSD-2-Clause

//! Hostile loaders and unpackers: an image of one that is accepted is as whole as any other.

use crate::common::programs;
use crate::inputs::{Content, RAM, small};
use crate::{Target, input};

/// The reader of programs that run before the kernel. The first byte tells whether it is about an
/// unpacker.
pub const FIRMWARE: Target = Target {
    name: "firmware",
    run: |input| {
        let Some((&selector, program)) = input.split_first() else {
            return;
        };
        let (program, well_formed) = (program.to_vec(), Content::well_formed());
        let content = match selector % 2 {
            0 => Content {
                loader: program,
                ..well_formed
            },
            _ => Content {
                unpacker: Some(program),
                ..well_formed
            },
        };
        content.build(&[RAM]);
    },
    seeds: || {
        vec![
            input(0, &small(programs::loader())),
            input(1, &programs::unpacker().to_bytes()),
        ]
    },
};
