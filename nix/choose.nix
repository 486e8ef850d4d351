# SPDX-License-Identifier: BSD-2-Clause

# The attribute of a set that a caller's own attribute names.
{ lib }:
attribute: name: set:
set.${name} or (throw ''
  KaaL: ${attribute} = "${name}" doesn't exist; choose one of: ${lib.concatStringsSep ", " (lib.attrNames set)}
'')
