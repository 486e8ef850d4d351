# SPDX-License-Identifier: BSD-2-Clause

# As mcs.cmake, on four cores.

set(KernelMaxNumNodes 4 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/mcs.cmake")
