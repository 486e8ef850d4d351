# SPDX-License-Identifier: BSD-2-Clause

# The loader, the same for every kernel and board.
{ workspace }:
(workspace.build "kaal-elfloader").overrideAttrs {
  meta = {
    description = "Brings an AArch64 machine to where the seL4 kernel starts";
    mainProgram = "kaal-elfloader";
  };
}
