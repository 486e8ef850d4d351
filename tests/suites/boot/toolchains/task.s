// SPDX-License-Identifier: BSD-2-Clause

// A root task for the probe kernel. It prints a line, and ends with status 0 if a word of each section has its value.

    .text
    .global _start
_start:
    adrp    x19, message
    add     x19, x19, :lo12:message
1:  ldrb    w0, [x19], #1
    cbz     w0, 2f
    svc     #0
    b       1b
2:  adrp    x19, words
    add     x19, x19, :lo12:words
    adrp    x20, words_end
    add     x20, x20, :lo12:words_end
3:  ldp     x1, x2, [x19], #16
    ldr     x1, [x1]
    cmp     x1, x2
    b.ne    4f
    cmp     x19, x20
    b.lo    3b
    mov     x0, #0
    svc     #1
4:  mov     x0, #1
    svc     #1

    .section .rodata, "a"
message:
    .asciz  "task: hello from EL0\r\n"
    .balign 8
read_only:
    .quad   0x1111

// With RELRO, this is in PT_GNU_RELRO.
    .section .data.rel.ro, "aw"
    .balign 8
words:
    .quad   read_only, 0x1111
    .quad   first_written, 0x2222
    .quad   last_written, 0x3333
    .quad   zeroes, 0
    .quad   last_zeroes, 0
words_end:

    .data
    .balign 8
first_written:
    .quad   0x2222
    .zero   8192
last_written:
    .quad   0x3333

    .bss
    .balign 8
zeroes:
    .zero   16384
last_zeroes:
    .zero   8

// PT_TLS
    .section .tdata, "awT", @progbits
    .balign 8
    .quad   0x4444

    .section .tbss, "awT", @nobits
    .balign 8
    .zero   8

// PT_NOTE: the sizes of name and content, and the type.
    .section .note.task, "a", @note
    .balign 4
    .word   5, 4, 1
    .asciz  "KaaL"
    .balign 4
    .word   0x5555
