# SPDX-License-Identifier: BSD-2-Clause

# What `nix flake check` builds.
{ call }:
call ./crates.nix
// call ./boots.nix
// {
  probe-matrix = call ./probe-matrix.nix;
  reproducible = call ./reproducible.nix;
  nix-style = call ./nix-style.nix;
}
