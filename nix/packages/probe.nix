# SPDX-License-Identifier: BSD-2-Clause

# The probe kernels, and the task that they start.
{ symlinkJoin, workspace }:
symlinkJoin {
  name = "kaal-probe-${workspace.version}";
  paths = map workspace.build [
    "kaal-probe"
    "kaal-probe-task"
  ];
}
