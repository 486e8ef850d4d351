# SPDX-License-Identifier: BSD-2-Clause

# The probe kernels, their task, and the hypervisor that flips bits.
{ symlinkJoin, workspace }:
symlinkJoin {
  name = "kaal-probe-${workspace.version}";
  paths = map workspace.build [
    "kaal-probe"
    "kaal-probe-task"
    "kaal-flips"
  ];
}
