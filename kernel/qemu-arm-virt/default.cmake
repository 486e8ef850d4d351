# SPDX-License-Identifier: BSD-2-Clause

# seL4 on QEMU's virt machine, at EL1.
# Use: cmake -C <this file> -S <seL4> -B <build> -DCMAKE_TOOLCHAIN_FILE=<seL4>/gcc.cmake ...

set(KernelPlatform "qemu-arm-virt" CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
set(ARM_CPU "cortex-a53" CACHE STRING "")

# Programs may read the physical counter, and set its timer, which the kernel doesn't use. docs/kernel.md says what
# this leaks.
set(KernelArmExportPCNTUser ON CACHE BOOL "")
set(KernelArmExportPTMRUser ON CACHE BOOL "")
include("${CMAKE_CURRENT_LIST_DIR}/../common.cmake")
