// SPDX-License-Identifier: BSD-2-Clause

//! Links the program at the addresses of seL4's root tasks.

fn main() {
    for argument in ["--no-pie", "--image-base=0x200000"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
