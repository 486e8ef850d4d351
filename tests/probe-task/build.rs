// SPDX-License-Identifier: BSD-2-Clause

//! Links the program where seL4's root tasks lie.

fn main() {
    for argument in ["--no-pie", "--image-base=0x200000"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
