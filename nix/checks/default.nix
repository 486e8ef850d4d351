# SPDX-License-Identifier: BSD-2-Clause

# What `nix flake check` builds.
{ call, book }:
call ./crates.nix
// call ./boots.nix
// {
  probe-matrix = call ./probe-matrix.nix;
  reproducible = call ./reproducible.nix;
  inherit book;
  nix-style = call ./nix-style.nix;
}
