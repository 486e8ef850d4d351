# SPDX-License-Identifier: BSD-2-Clause

# The Rust compiler, of the date that fenix is pinned to, for the host and for the target.
{ fenix }:
fenix.combine [
  fenix.latest.cargo
  fenix.latest.clippy
  fenix.latest.rustc
  fenix.latest.rustfmt
  # Link-time optimisation needs the library's bitcode, and images hold no path of the machine that
  # built them. The released library is so; one that is compiled for the purpose is so with this.
  (fenix.targets.aarch64-unknown-none.latest.rust-std.overrideAttrs {
    RUSTFLAGS = "-Cembed-bitcode=yes -Zlocation-detail=none";
  })
]
