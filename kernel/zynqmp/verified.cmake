# SPDX-License-Identifier: BSD-2-Clause

# As in seL4's proofs, at EL2.

include("${CMAKE_CURRENT_LIST_DIR}/../verified.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/default.cmake")
