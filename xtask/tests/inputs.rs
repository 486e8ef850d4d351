// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask qemu` checks its inputs before it builds anything.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

/// Runs the command on a machine without a compiler, whose QEMU only knows its version. It must fail, and returns the
/// error.
fn refused(arguments: &[&str]) -> String {
    let machine = TempDir::new().unwrap();
    let bin = machine.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let qemu = bin.join("qemu-system-aarch64");
    fs::write(&qemu, "#!/bin/sh\necho 'QEMU emulator version 10.0'\n").unwrap();
    fs::set_permissions(&qemu, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(machine.path().join("text"), "no program").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("qemu")
        .args(arguments)
        .current_dir(machine.path())
        .env("PATH", &bin)
        .env("CARGO", "/no/cargo")
        .env("CARGO_TARGET_DIR", machine.path())
        .env_remove("RUSTC")
        .env_remove("SEL4_PREFIX")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn unusable_files_are_named() {
    for (option, file, reason) in [
        ("--app", "none.elf", "No such file"),
        ("--app", "text", "failed to read an ELF file"),
        ("--app", env!("CARGO_BIN_EXE_xtask"), "--app "),
        ("--dtb", "text", "a device tree expected"),
        ("--image", "none", "can't be read"),
        ("--log", "none/log", "can't be written"),
    ] {
        let said = refused(&[option, file]);
        let named = format!("error: {option} {file}: ");
        assert!(said.contains(&named) && said.contains(reason), "{said}");
    }
}

#[test]
fn ports_in_use_are_named() {
    let other = TcpListener::bind(("localhost", 0)).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let said = refused(&["--gdb", "--gdb-port", &port]);
    assert!(
        said.contains(&format!("error: --gdb-port {port}: choose another")),
        "{said}"
    );
}

#[test]
fn without_wrong_inputs_it_builds() {
    let said = refused(&["--log", "log"]);
    assert!(!said.contains("--log"), "{said}");
}
