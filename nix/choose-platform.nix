# SPDX-License-Identifier: BSD-2-Clause

# The entry of platforms.nix that a caller's attributes name.
{ lib, platforms }:
{
  platform,
  variant ? "default",
}:
let
  choose =
    attribute: name: set:
    set.${name} or (throw ''
      KaaL: ${attribute} = "${name}" doesn't exist; choose one of: ${lib.concatStringsSep ", " (lib.attrNames set)}
    '');
in
choose "variant" variant (choose "platform" platform platforms)
