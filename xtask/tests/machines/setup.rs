// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask setup` on machines that lack something.

use std::process::Command;

use crate::machine::{Machine, NIGHTLY, assert_says};

#[test]
fn unknown_distribution_is_told_the_packages() {
    let said = Machine::new().refuses();
    assert_says(
        &said,
        &[
            "qemu-system-aarch64: not found on PATH",
            "apt-get install qemu-system-arm qemu-system-data ipxe-qemu",
            "dnf install qemu-system-aarch64-core",
            "brew install qemu",
        ],
    );
}

#[test]
fn old_qemu_is_told_which_release_is_needed() {
    let said = Machine::new().with_qemu("6.2.0").refuses();
    assert_says(
        &said,
        &[
            "release 7.2 or newer expected, 6.2 found",
            "brew install qemu",
        ],
    );
}

#[test]
fn without_network_nothing_is_left() {
    let machine = Machine::new().with_debian("echo 'Could not resolve' >&2; exit 100", ":");
    let said = machine.refuses();
    assert_says(
        &said,
        &[
            "nothing is installed",
            "apt-get install qemu-system-arm",
            "Could not resolve",
        ],
    );
    assert!(machine.has_no_program());
}

#[test]
fn on_a_full_disk_nothing_is_left() {
    let extract = "/bin/mkdir -p \"$3/usr/bin\"; echo 'No space left on device' >&2; exit 2";
    let machine = Machine::new().with_debian(":", extract);
    assert_says(&machine.refuses(), &["No space left on device"]);
    assert!(machine.has_no_program());
}

#[test]
fn nothing_is_installed_on_the_machine() {
    let machine = Machine::new().with_debian(":", "/bin/mkdir -p \"$3\"");
    machine.refuses();
    for call in machine.calls() {
        let is_harmless = ["--version", "--simulate"].map(|option| call.contains(option));
        let has_own_lists = call.contains("-oDir::State::lists=");
        let is_query = call.ends_with("update") || call.contains("download");
        assert!(
            is_harmless.contains(&true) || has_own_lists && is_query,
            "{call}"
        );
    }
}

#[test]
fn package_without_the_program_is_no_success() {
    let machine = Machine::new().with_debian(":", "/bin/mkdir -p \"$3\"");
    assert_says(&machine.refuses(), &["qemu-system-aarch64: does not run"]);
}

#[test]
fn stable_compiler_without_rustup_is_told_the_command() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc("1.95.0", "2026-04-14");
    assert_says(
        &machine.refuses(),
        &[
            "a nightly compiler expected, rustc 1.95.0",
            "rustup toolchain install nightly-2026-05-20",
        ],
    );
}

#[test]
fn rustup_installs_the_pinned_nightly() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc("1.95.0", "2026-04-14")
        .with_rustup("nightly-2026-05-20", "2026-05-19");
    let said = machine.refuses();
    assert_says(
        &said,
        &[
            "installing nightly-2026-05-20 with rustup",
            "all ways to add it failed",
        ],
    );
    assert!(!said.contains("building with"), "{said}");
}

#[test]
fn newest_nightly_takes_the_place_of_one_that_is_not_to_be_had() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc("1.95.0", "2026-04-14")
        .with_rustup("nightly", "2026-09-09");
    assert_says(
        &machine.refuses(),
        &[
            "failed to install nightly-2026-05-20",
            "installing nightly with rustup",
            "building with rustc 1.97.0-nightly (0123456789 2026-09-09)",
        ],
    );
}

#[test]
fn old_nightly_is_refused() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc("1.94.0-nightly", "2026-01-01");
    assert_says(
        &machine.refuses(),
        &[
            "too old: 1.97 or newer expected",
            "rustup toolchain install nightly-2026-05-20",
        ],
    );
}

#[test]
fn other_nightly_is_taken_and_named() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc("1.99.0-nightly", "2026-09-09");
    assert_says(
        &machine.refuses(),
        &[
            "building with rustc 1.99.0-nightly",
            "tested with nightly-2026-05-20",
            "all ways to add it failed",
        ],
    );
}

#[test]
fn pinned_nightly_is_taken_without_a_word() {
    let machine = Machine::new()
        .with_qemu("8.0.0")
        .with_rustc(NIGHTLY, "2026-05-19");
    let said = machine.refuses();
    assert_says(&said, &["all ways to add it failed"]);
    assert!(!said.contains("tested with"), "{said}");
}

#[test]
fn packages_are_downloaded_in_the_simulated_version_although_one_is_installed() {
    let machine = Machine::new().with_debian(":", "/bin/mkdir -p \"$3\"");
    machine.refuses();
    let calls = machine.calls();
    let mut downloads = calls.iter().filter(|call| call.contains("download"));
    assert!(downloads.all(|call| call.ends_with(" qemu-system-arm=7.2-1+b1 ipxe-qemu=1.0-5")));
}

#[test]
fn unpacked_program_runs_with_its_libraries() {
    // The program prints what it was started with. Its link leads out of the folder.
    let extract = "/bin/mkdir -p \"$3/usr/bin\" \"$3/lib/some\" \"$3/usr/lib/program\"\n\
                   : > \"$3/lib/some/liba.so.1\"; : > \"$3/usr/lib/program/libb.so\"\n\
                   /bin/ln -s / \"$3/usr/lib/link\"\n\
                   printf '#!/bin/sh\\necho \"$LD_LIBRARY_PATH $1\"\\n' > \"$3/usr/bin/qemu-system-aarch64\"\n\
                   /bin/chmod +x \"$3/usr/bin/qemu-system-aarch64\"";
    let machine = Machine::new().with_debian(":", extract);
    machine.refuses();
    let tools = machine.target().join("tools");
    let starter = tools.join("bin/qemu-system-aarch64");
    let printed = Command::new(starter).arg("a b").output().unwrap().stdout;
    let folder = tools.join("qemu-system-arm+qemu-system-data+ipxe-qemu");
    let expected = ["lib/some", "usr/lib/program"].map(|name| folder.join(name));
    let expected = expected.map(|folder| folder.display().to_string());
    assert_eq!(
        String::from_utf8(printed).unwrap(),
        format!("{} a b\n", expected.join(":"))
    );
}

/// A machine with a nightly compiler and a mirror that has these versions of rust-src.
fn with_rust_source(versions: &[&str]) -> Machine {
    let lines = versions
        .iter()
        .map(|version| format!(" rust-src | {version} | deb"));
    let lines: Vec<_> = lines.collect();
    let madison = format!("echo '{}'", lines.join("\n"));
    let targets = "http://b/debian sid\nhttp://a/debian sid-updates\nhttp://b/debian sid\n\
                   http://a/security sid-security";
    let apt = format!(
        "case \"$*\" in\n--version) echo apt;;\nindextargets*) echo '{targets}';;\n\
         *download*) echo \"asked for ${{*##* }}\" >&2; exit 1;;\nesac"
    );
    Machine::new()
        .with_qemu("8.0.0")
        .with_rustc(NIGHTLY, "2026-05-19")
        .with("apt-get", &apt)
        .with("apt-cache", &madison)
        .with("dpkg-deb", "echo dpkg")
}

#[test]
fn rust_source_of_the_same_release_is_taken() {
    let said = with_rust_source(&["1.98.0+dfsg1-1", "1.97.1+dfsg1-1"]).refuses();
    assert_says(&said, &["asked for rust-src=1.97.1+dfsg1-1"]);
}

#[test]
fn mirrors_without_the_rust_source_are_named() {
    let said = with_rust_source(&["1.98.0+dfsg1-1", "1.970.0-1"]).refuses();
    let found = "debian testing: 1.98.0+dfsg1-1, 1.970.0-1";
    for mirror in ["http://a", "http://b"] {
        assert_eq!(
            said.matches(&format!("{mirror}/{found}")).count(),
            1,
            "{said}"
        );
    }
    assert!(!said.contains("http://a/security"), "{said}");
}
