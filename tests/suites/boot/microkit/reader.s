// SPDX-License-Identifier: BSD-2-Clause

// A protection domain that compares what it reads from both shared regions. It prints the result on the PL011 itself,
// because release kernels print nothing.

        .text
        .global init, notified
init:
        ldr     x0, =fixed
        ldr     x0, [x0]
        ldr     x0, [x0]
        mov     x1, #0x1234
        cmp     x0, x1
        b.ne    1f
        ldr     x0, =chosen
        ldr     x0, [x0]
        ldr     x0, [x0]
        ldr     x1, =chosen_paddr
        ldr     x1, [x1]
        cmp     x0, x1
        b.ne    1f
        ldr     x1, =same
        b       2f
1:      ldr     x1, =different
2:      ldr     x0, =uart
        ldr     x0, [x0]
3:      ldrb    w2, [x1], #1
        cbz     w2, notified
        str     w2, [x0]
        b       3b
notified:
        ret

        .section .rodata
same:       .asciz "two domains share both regions\n"
different:  .asciz "two domains differ\n"

        .include "variables.s"
        variable uart
        variable fixed
        variable chosen
        variable chosen_paddr
