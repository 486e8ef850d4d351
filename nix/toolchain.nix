# SPDX-License-Identifier: BSD-2-Clause

# The Rust compiler for the host and the target, of the date that pins fenix.
{ fenix }:
fenix.combine [
  fenix.latest.cargo
  fenix.latest.clippy
  fenix.latest.rustc
  fenix.latest.rustfmt
  # Link-time optimisation needs the library's bitcode, and images must not contain paths of the
  # machine that built them. These flags make a library that is compiled here like the released one.
  (fenix.targets.aarch64-unknown-none.latest.rust-std.overrideAttrs {
    RUSTFLAGS = "-Cembed-bitcode=yes -Zlocation-detail=none";
  })
]
