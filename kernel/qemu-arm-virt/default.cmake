# SPDX-License-Identifier: BSD-2-Clause

# seL4 on QEMU's virt machine, at EL1.
# Use: cmake -C <this file> -S <seL4> -B <build> -DCMAKE_TOOLCHAIN_FILE=<seL4>/gcc.cmake ...

set(KernelPlatform "qemu-arm-virt" CACHE STRING "")
set(KernelSel4Arch "aarch64" CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
set(ARM_CPU "cortex-a53" CACHE STRING "")

# A build of its own is by default the one for verification, which neither prints nor checks.
set(KernelVerificationBuild OFF CACHE BOOL "")
set(KernelDebugBuild ON CACHE BOOL "")
set(KernelPrinting ON CACHE BOOL "")

# Room for the capabilities that a root task makes: 2^16 of them.
set(KernelRootCNodeSizeBits 16 CACHE STRING "")
