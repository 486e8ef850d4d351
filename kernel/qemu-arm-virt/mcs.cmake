# SPDX-License-Identifier: BSD-2-Clause

# As default.cmake, with the mixed-criticality extensions to scheduling.

set(KernelIsMCS ON CACHE BOOL "")
include("${CMAKE_CURRENT_LIST_DIR}/default.cmake")
