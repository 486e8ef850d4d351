# SPDX-License-Identifier: BSD-2-Clause

# seL4 on the Raspberry Pi 4, at EL1.

set(KernelPlatform "bcm2711" CACHE STRING "")
# MiB of RAM that the kernel uses: 1024, 2048, 4096 or 8192, and no more than the board has.
set(RPI4_MEMORY 2048 CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/../common.cmake")
