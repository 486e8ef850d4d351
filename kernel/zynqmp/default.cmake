# SPDX-License-Identifier: BSD-2-Clause

# seL4 on the ZCU102, a board with a Zynq UltraScale+, at EL1.

set(KernelPlatform "zynqmp" CACHE STRING "")
set(KernelARMPlatform "zcu102" CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/../common.cmake")
