// SPDX-License-Identifier: BSD-2-Clause

//! Links the probes like seL4 for QEMU's virt machine: an ordinary kernel and a hypervisor kernel, and both again at an
//! unusual address. That is above 4 GiB, and at a page where neither a table nor a block of translation begins.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/probe.ld");
    println!("cargo:rerun-if-changed={script}");
    for (name, window, physical) in [
        ("kaal-probe", "0xffffff8000000000", "0x40000000"),
        ("kaal-probe-hyp", "0x8000000000", "0x60000000"),
        ("kaal-probe-high", "0xffffff8000000000", "0x140203000"),
        ("kaal-probe-high-hyp", "0x8000000000", "0x140203000"),
    ] {
        for argument in [
            "--no-pie",
            &format!("-T{script}"),
            &format!("--defsym=PPTR_BASE={window}"),
            &format!("--defsym=PHYS_BASE={physical}"),
        ] {
            println!("cargo:rustc-link-arg-bin={name}={argument}");
        }
    }
}
