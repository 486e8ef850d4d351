# SPDX-License-Identifier: BSD-2-Clause

# A variant of a platform, with the settings of `kernelConfig` as CMake takes them. None may
# contradict the variant's own.
{
  lib,
  choose,
  platforms,
}:
{
  platform,
  variant,
  kernelConfig,
}:
let
  chosen = choose "variant" variant (choose "platform" platform platforms);
  inherit (chosen.kernel) fixed;
  inCMake = value: if lib.isBool value then (if value then "ON" else "OFF") else toString value;
  wanted = lib.mapAttrs (_: inCMake) kernelConfig;
  contradictions = lib.filterAttrs (name: value: value != fixed.${name} or value) wanted;
  complaint = name: value: ''
    KaaL: kernelConfig.${name} = "${value}" contradicts platform "${platform}", variant "${variant}", which needs "${fixed.${name}}"
  '';
  complaints = lib.concatStrings (lib.mapAttrsToList complaint contradictions);
in
lib.throwIf (complaints != "") complaints (
  lib.recursiveUpdate chosen { kernel = { inherit wanted; }; }
)
