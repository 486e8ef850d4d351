# SPDX-License-Identifier: BSD-2-Clause

# The functions for other flakes. Each takes `pkgs` besides its own attributes.
{ lib, kaalFor }:
let
  names = [
    "mkBootImage"
    "mkFirmwareImage"
    "mkMicrokitImage"
    "mkRootTask"
    "mkSystem"
    "mkKernel"
    "mkBootTest"
  ];
in
lib.genAttrs names (
  name: { pkgs, ... }@arguments: (kaalFor pkgs).${name} (removeAttrs arguments [ "pkgs" ])
)
