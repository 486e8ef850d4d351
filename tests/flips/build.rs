// SPDX-License-Identifier: BSD-2-Clause

//! Links the program into the RAM of QEMU's virt machine, after what QEMU puts there.

fn main() {
    for argument in ["--no-pie", "--image-base=0x40200000"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
