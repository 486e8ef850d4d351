# SPDX-License-Identifier: BSD-2-Clause

# As default.cmake, to ship.

include("${CMAKE_CURRENT_LIST_DIR}/../release.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/default.cmake")
