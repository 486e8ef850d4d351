# SPDX-License-Identifier: BSD-2-Clause

# What verified variants set before the other settings: the values of seL4's proofs for AArch64
# (seL4 16.0.0, configs/include/AARCH64_verified_include.cmake). The proofs are about a kernel with hypervisor support.

set(KernelVerificationBuild ON CACHE BOOL "")
set(KernelDebugBuild OFF CACHE BOOL "")
set(KernelPrinting OFF CACHE BOOL "")
set(KernelArmHypervisorSupport ON CACHE BOOL "")
set(KernelMaxNumNodes 1 CACHE STRING "")
set(KernelOptimisation "-O2" CACHE STRING "")
set(KernelRetypeFanOutLimit 256 CACHE STRING "")
set(KernelBenchmarks "none" CACHE STRING "")
set(KernelDangerousCodeInjection OFF CACHE BOOL "")
set(KernelFastpath ON CACHE BOOL "")
set(KernelNumDomains 16 CACHE STRING "")
set(KernelMaxNumBootinfoUntypedCaps 50 CACHE STRING "")
set(KernelArmSMMU OFF CACHE BOOL "")
set(KernelAllowSMCCalls ON CACHE BOOL "")
# The proofs have seL4's default.
set(KernelRootCNodeSizeBits 12 CACHE STRING "")
