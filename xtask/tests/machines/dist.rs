// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask dist` with toolchains that lack something. On all these machines, Git is missing too, which is noticed
//! last.

use crate::machine::{HOST, Machine, assert_says};

const MUSL: &str = "x86_64-unknown-linux-musl";

/// The error if nothing but Git is missing.
const NO_GIT: &str = "failed to read the release's commit";

/// The errors for the platform of a machine whose compiler runs on `host`.
fn default_of(host: &str, targets: &[&str]) -> String {
    let machine = Machine::new().with_toolchain(host, targets);
    machine.refuses_to(&["dist"])
}

/// The errors for `triple` on an x86-64 Linux with the standard libraries of `targets`.
fn chosen(triple: &str, targets: &[&str]) -> String {
    let machine = Machine::new().with_toolchain(HOST, targets);
    machine.refuses_to(&["dist", "--target", triple])
}

#[test]
fn linux_gets_musl_if_the_toolchain_has_it() {
    let said = default_of(HOST, &[HOST, MUSL]);
    assert!(said.contains(NO_GIT) && !said.contains(MUSL), "{said}");
    let said = default_of(HOST, &[HOST]);
    assert_says(
        &said,
        &[NO_GIT, "rustup target add x86_64-unknown-linux-musl"],
    );
}

#[test]
fn unknown_hosts_must_choose() {
    let said = default_of("riscv64gc-unknown-linux-gnu", &[]);
    assert_says(&said, &["choose a platform with --target"]);
}

#[test]
fn missing_library_is_named_with_the_command_that_adds_it() {
    let musl = "aarch64-unknown-linux-musl";
    assert_says(&chosen(musl, &[musl]), &[NO_GIT]);
    assert_says(
        &chosen(musl, &[]),
        &["\n  rustup target add aarch64-unknown-linux-musl\n"],
    );
}

#[test]
fn other_machines_archives_are_refused_with_an_alternative() {
    let said = chosen("aarch64-unknown-linux-gnu", &[]);
    assert_says(&said, &["dist --target aarch64-unknown-linux-musl\n"]);
}

#[test]
#[cfg(target_os = "linux")]
fn macos_is_needed_for_its_own_archives() {
    let said = chosen("x86_64-apple-darwin", &["x86_64-apple-darwin"]);
    assert_says(&said, &["can only be built on macOS"]);
}

#[test]
fn time_of_the_commit_is_a_number() {
    let at = |time: &str| {
        let git = format!("case $1 in\nrev-parse) echo 0123;;\nlog) echo {time};;\nesac");
        let machine = Machine::new().with_toolchain(HOST, &[HOST]);
        machine.with("git", &git).refuses_to(&["dist"])
    };
    // It gets as far as QEMU.
    assert_says(&at("1700000000"), &["qemu-system-aarch64: not found"]);
    for time in ["-1", "2026-11-27"] {
        assert_says(&at(time), &["seconds since 1970 expected, found"]);
    }
}
