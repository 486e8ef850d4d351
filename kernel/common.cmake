# SPDX-License-Identifier: BSD-2-Clause

# What the kernels of all platforms have in common; included by their settings. Values that were set before stay: a
# variant sets its own first.

set(KernelSel4Arch "aarch64" CACHE STRING "")

# A build of its own is by default the one for verification, which neither prints nor checks.
set(KernelVerificationBuild OFF CACHE BOOL "")
set(KernelDebugBuild ON CACHE BOOL "")
set(KernelPrinting ON CACHE BOOL "")

# Room for the capabilities that a root task makes: 2^16 of them.
set(KernelRootCNodeSizeBits 16 CACHE STRING "")
