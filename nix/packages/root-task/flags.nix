# SPDX-License-Identifier: BSD-2-Clause

# The compiler's flags for KaaL's root task and components, the same as in xtask/src/root_task/mod.rs.
[
  "-Crelocation-model=static"
  "-Clink-arg=-zmax-page-size=4096"
  "-Clink-arg=-zseparate-loadable-segments"
  "-Clink-arg=-znorelro"
  "-Cforce-unwind-tables=no"
]
