// SPDX-License-Identifier: BSD-2-Clause

//! An ELF note with the configuration of the kernel that this program is compiled for. KaaL's builder compares it with
//! the kernel in the image.

use core::arch::global_asm;

// The sizes of name and content, the type, the name, the content (System V ABI, chapter 5, "Note Section"). The section
// isn't loaded.
global_asm!(
    ".pushsection .note.kaal.kernel, \"\", %note",
    ".balign 4",
    ".word 2f - 1f, 4f - 3f, 5",
    "1: .asciz \"KaaL\"",
    "2: .balign 4",
    concat!(
        "3: .incbin \"",
        env!("SEL4_PREFIX"),
        "/libsel4/include/kernel/gen_config.json\""
    ),
    "4: .balign 4",
    ".popsection",
);
