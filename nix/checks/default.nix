# SPDX-License-Identifier: BSD-2-Clause

# The checks of `nix flake check`. CI builds each group on its own machine.
{
  call,
  book,
  images,
}:
let
  boots = call ./boots.nix;
in
{
  crates = call ./crates.nix;
  boots-virt = boots { inherit (images) qemu-arm-virt; } // call ./boot-llvm.nix;
  boots-boards = boots (removeAttrs images [ "qemu-arm-virt" ]);
  images = {
    probe-matrix = call ./probe-matrix.nix;
    reproducible = call ./reproducible.nix;
    inherit book;
    nix-style = call ./nix-style.nix;
  };
}
