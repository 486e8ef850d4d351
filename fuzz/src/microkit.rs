// SPDX-License-Identifier: BSD-2-Clause

//! Hostile images of Microkit. If the builder accepts one, its own image must be sound, in RAM and without overlaps.

use crate::Target;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::microkit::{Microkit, Segment};
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL, ORDINARY_BASE};
use crate::inputs::{Content, RAM};

/// The reader of Microkit's images.
pub const MICROKIT: Target = Target {
    name: "microkit",
    run: |input| {
        Content {
            microkit: Some(input.to_vec()),
            ..Content::well_formed()
        }
        .build(&[RAM])
        .is_some()
    },
    seeds: || {
        let images = [ORDINARY_BASE, HYPERVISOR_BASE].map(image);
        let [ordinary, _] = &images;
        let raw = ordinary.clone();
        let size = raw.len() as u64;
        let load = ProgramHeader::load(ProgramHeader::READ_WRITE_EXECUTE, 0x7000_0000, raw, size);
        let elf = Elf::new(Elf::EXEC, 0x7000_0000, vec![load]);
        [&images[..], &[elf.to_bytes()]].concat()
    },
};

/// The image of a tiny kernel at `base` and a root task.
fn image(base: u64) -> Vec<u8> {
    let content = programs::filled(0x100);
    let kernel: [Segment<'_>; 1] = [(base + KERNEL, KERNEL, &content, 0x200)];
    let app: [Segment<'_>; 2] = [
        (0x20_0000, 0, &content, 0x100),
        (0x20_1000, 0, &content, 0x180),
    ];
    Microkit::new((base + KERNEL, &kernel), (0x20_0020, &app)).to_bytes()
}
