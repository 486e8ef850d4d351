# SPDX-License-Identifier: BSD-2-Clause

# The unpacker, the program at the start of images that are not ELF files.
{ workspace }:
(workspace.build "kaal-unpacker").overrideAttrs {
  meta = {
    description = "Unpacks images that are not ELF files, and enters the loader in them";
    mainProgram = "kaal-unpacker";
  };
}
