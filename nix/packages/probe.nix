# SPDX-License-Identifier: BSD-2-Clause

# The probe kernels, their task, the hypervisor that flips bits, the firmware that poisons registers, and the UEFI
# application that breaks a firmware's services.
{ symlinkJoin, workspace }:
symlinkJoin {
  name = "kaal-probe-${workspace.version}";
  paths = map workspace.build [
    "kaal-probe"
    "kaal-probe-task"
    "kaal-flips"
    "kaal-poison"
    "kaal-saboteur"
  ];
}
