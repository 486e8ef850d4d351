# SPDX-License-Identifier: BSD-2-Clause

# What release variants set before the other settings: a kernel to ship. It prints nothing, and has no debug system
# calls, with which any component could print or halt the machine. Programs have no clock and no timer that they share.

set(KernelDebugBuild OFF CACHE BOOL "")
set(KernelPrinting OFF CACHE BOOL "")
set(KernelFastpath ON CACHE BOOL "")
set(KernelArmExportPCNTUser OFF CACHE BOOL "")
set(KernelArmExportPTMRUser OFF CACHE BOOL "")
