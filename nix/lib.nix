# SPDX-License-Identifier: BSD-2-Clause

# The functions for other flakes. Each takes `pkgs` besides its own attributes.
{ lib, kaalFor }:
lib.genAttrs [ "mkBootImage" "mkFirmwareImage" "mkRootTask" "mkKernel" "mkBootTest" ] (
  name: { pkgs, ... }@arguments: (kaalFor pkgs).${name} (removeAttrs arguments [ "pkgs" ])
)
