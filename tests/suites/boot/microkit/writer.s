// SPDX-License-Identifier: BSD-2-Clause

// A protection domain that writes to both shared regions. It has the higher priority, so it runs first.

        .text
        .global init, notified
init:
        ldr     x0, =fixed
        ldr     x0, [x0]
        mov     x1, #0x1234
        str     x1, [x0]
        ldr     x0, =chosen
        ldr     x0, [x0]
        ldr     x1, =chosen_paddr
        ldr     x1, [x1]
        str     x1, [x0]
notified:
        ret

        .include "variables.s"
        variable fixed
        variable chosen
        variable chosen_paddr
