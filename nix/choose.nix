# SPDX-License-Identifier: BSD-2-Clause

# Looks up `name`, the value of the caller's `attribute`, in a set.
{ lib }:
attribute: name: set:
set.${name} or (throw ''
  KaaL: ${attribute} = "${name}" doesn't exist; choose one of: ${lib.concatStringsSep ", " (lib.attrNames set)}
'')
