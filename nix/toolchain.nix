# SPDX-License-Identifier: BSD-2-Clause

# The Rust compiler for the host and the target, of the date in the pinned fenix.
{ fenix }:
fenix.combine [
  fenix.latest.cargo
  fenix.latest.clippy
  fenix.latest.rustc
  fenix.latest.rustfmt
  # For a standard library that is compiled from source. Link-time optimisation needs its bitcode, and images must not
  # hold paths of the machine that built them. The released library has both properties.
  (fenix.targets.aarch64-unknown-none.latest.rust-std.overrideAttrs {
    RUSTFLAGS = "-Cembed-bitcode=yes -Zlocation-detail=none";
  })
]
