# SPDX-License-Identifier: BSD-2-Clause

# The Rust compiler, of the date that fenix is pinned to, for the host and for the target.
{ fenix }:
fenix.combine [
  fenix.latest.cargo
  fenix.latest.clippy
  fenix.latest.rustc
  fenix.latest.rustfmt
  fenix.targets.aarch64-unknown-none.latest.rust-std
]
