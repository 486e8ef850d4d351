# SPDX-License-Identifier: BSD-2-Clause

# As in seL4's proofs, at EL2, for the board with 8 GiB of RAM.

set(RPI4_MEMORY 8192 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/../verified.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/default.cmake")
