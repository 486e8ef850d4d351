# SPDX-License-Identifier: BSD-2-Clause

# The functions for other flakes. Each takes `pkgs` in addition to its own attributes.
{ lib, kaalFor }:
lib.genAttrs [ "mkBootImage" "mkRootTask" "mkKernel" "mkBootTest" ] (
  name: { pkgs, ... }@arguments: (kaalFor pkgs).${name} (removeAttrs arguments [ "pkgs" ])
)
