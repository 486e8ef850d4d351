# SPDX-License-Identifier: BSD-2-Clause

# The probe kernels, the task that they start, and the hypervisor that flips bits.
{ symlinkJoin, workspace }:
symlinkJoin {
  name = "kaal-probe-${workspace.version}";
  paths = map workspace.build [
    "kaal-probe"
    "kaal-probe-task"
    "kaal-flips"
  ];
}
