# SPDX-License-Identifier: BSD-2-Clause

# As default.cmake, with hypervisor support: the kernel runs at EL2.

set(ARM_CPU "cortex-a57" CACHE STRING "")
set(KernelArmHypervisorSupport ON CACHE BOOL "")
include("${CMAKE_CURRENT_LIST_DIR}/default.cmake")
