# SPDX-License-Identifier: BSD-2-Clause

# The hash of each release of rust-sel4 that a root task can use, by the release's source in
# Cargo.lock.
{
  "git+https://github.com/seL4/rust-sel4?tag=v5.0.0#d441a880938209f661201704dfbee7b91c5aa905" =
    "sha256-TE42X+l9K5yDlilFHBysLgvn7VBpAG6DnNOpPlKIxQI=";
}
