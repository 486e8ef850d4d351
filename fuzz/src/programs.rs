// SPDX-License-Identifier: BSD-2-Clause

//! Hostile kernels and root tasks. If the builder accepts one, the image must hold all of its bytes, in RAM and
//! without overlaps.

use crate::Target;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};
use crate::inputs::{Content, RAM, small};

/// The reader of kernels.
pub const KERNEL: Target = Target {
    name: "kernel",
    run: |input| {
        Content {
            kernel: input.to_vec(),
            ..Content::well_formed()
        }
        .build(&[RAM])
        .is_some()
    },
    seeds: || {
        let bases = [ORDINARY_BASE, HYPERVISOR_BASE];
        bases
            .into_iter()
            .flat_map(|base| {
                [
                    programs::kernel(base),
                    programs::kernel_of_five_segments(base),
                ]
            })
            .map(small)
            .collect()
    },
};

/// The reader of root tasks.
pub const APP: Target = Target {
    name: "app",
    run: |input| {
        Content {
            app: input.to_vec(),
            ..Content::well_formed()
        }
        .build(&[RAM])
        .is_some()
    },
    seeds: || {
        [
            programs::app(),
            programs::app_at(0x7fff_ff00_0000),
            app_of_many_segments(),
        ]
        .map(small)
        .into()
    },
};

/// A root task of eight segments, some without content.
fn app_of_many_segments() -> Elf {
    let header = |index: u64| {
        // The entry point needs content.
        let content = programs::filled((index as usize + 1) % 4);
        let flags = match index % 2 {
            0 => ProgramHeader::READ_EXECUTE,
            _ => ProgramHeader::READ_WRITE,
        };
        ProgramHeader::load(flags, 0x40_0000 + index * 0x800, content, index * 0x100 + 4)
    };
    Elf::new(Elf::EXEC, 0x40_0000, (0..8).map(header).collect())
}
