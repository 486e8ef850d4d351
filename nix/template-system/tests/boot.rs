// SPDX-License-Identifier: BSD-2-Clause

//! Boots the system on QEMU. `SEL4_PREFIX` must name a kernel.

use std::process::Command;

#[test]
fn visitors_are_greeted() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["xtask", "qemu", "--expect", "[visitor] visit 3"]);
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "the boot ended with {status}");
}
