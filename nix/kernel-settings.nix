# SPDX-License-Identifier: BSD-2-Clause

# The settings in `kernelConfig` as CMake takes them. None may contradict the platform's own.
{ lib }:
chosen: kernelConfig:
let
  inherit (chosen.kernel) fixed;
  inCMake = value: if lib.isBool value then (if value then "ON" else "OFF") else toString value;
  wanted = lib.mapAttrs (_: inCMake) kernelConfig;
  contradictions = lib.filterAttrs (name: value: value != fixed.${name} or value) wanted;
  complaint = name: value: ''
    KaaL: kernelConfig.${name} = "${value}" contradicts platform "${chosen.platform}", variant "${chosen.variant}", which needs "${fixed.${name}}"
  '';
in
lib.throwIf (contradictions != { }) (lib.concatStrings (
  lib.mapAttrsToList complaint contradictions
)) wanted
