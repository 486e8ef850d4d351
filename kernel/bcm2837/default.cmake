# SPDX-License-Identifier: BSD-2-Clause

# seL4 on the Raspberry Pi 3, at EL1. seL4 16.0.0 does not build for more cores than one: its
# driver of this interrupt controller knows only one.

set(KernelPlatform "bcm2837" CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/../common.cmake")
