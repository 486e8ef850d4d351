# SPDX-License-Identifier: BSD-2-Clause

# The probe kernels, their task, the hypervisor that flips bits, and the firmware that poisons registers.
{ symlinkJoin, workspace }:
symlinkJoin {
  name = "kaal-probe-${workspace.version}";
  paths = map workspace.build [
    "kaal-probe"
    "kaal-probe-task"
    "kaal-flips"
    "kaal-poison"
  ];
}
