# SPDX-License-Identifier: BSD-2-Clause

# seL4 on the evaluation kit of the i.MX 8M Plus, at EL1.

set(KernelPlatform "imx8mp-evk" CACHE STRING "")
set(KernelMaxNumNodes 1 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/../common.cmake")
