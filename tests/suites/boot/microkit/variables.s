// SPDX-License-Identifier: BSD-2-Clause

// Begins the variables of a protection domain, which Microkit's tool sets.

        .macro  variable name
        .global \name
        .type   \name, %object
        .size   \name, 8
\name:  .quad   1
        .endm

        .data
        .balign 8
