// SPDX-License-Identifier: BSD-2-Clause

//! Links the program into RAM of QEMU's virt machine, behind what QEMU itself puts there.

fn main() {
    for argument in ["--no-pie", "--image-base=0x40200000"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
