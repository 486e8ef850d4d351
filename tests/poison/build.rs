// SPDX-License-Identifier: BSD-2-Clause

//! Links the program into the RAM of QEMU's virt machine, behind what images need.

fn main() {
    for argument in ["--no-pie", "--image-base=0x7f000000"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
