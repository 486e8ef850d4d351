// SPDX-License-Identifier: BSD-2-Clause

//! An ELF note that marks this program as one for development. It is loaded, so KaaL's builder finds it in images.

use core::arch::global_asm;

// The sizes of name and content, the type, the name (System V ABI, chapter 5, "Note Section"); no content.
global_asm!(
    ".pushsection .note.kaal.development, \"a\", %note",
    ".balign 4",
    ".word 2f - 1f, 0, 6",
    "1: .asciz \"KaaL\"",
    "2: .balign 4",
    ".popsection",
);
