# SPDX-License-Identifier: BSD-2-Clause

# The image builder, a program for the host.
{ workspace }:
(workspace.build "kaal-elfloader-builder").overrideAttrs {
  meta = {
    description = "Packs a seL4 kernel, a root task and the KaaL loader into one bootable image";
    mainProgram = "kaal-elfloader-builder";
  };
}
