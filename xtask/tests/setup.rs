// SPDX-License-Identifier: BSD-2-Clause

//! What `cargo xtask setup` says on machines that lack something. Each machine is a folder of small scripts, the only
//! one on `PATH`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A nightly compiler that is good enough, without anything for the target.
const NIGHTLY: &str = "1.97.0-nightly";

/// A machine without any program but a shell's.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(TempDir::new().unwrap());
        fs::create_dir(machine.bin()).unwrap();
        symlink("/bin/sh", machine.bin().join("sh")).unwrap();
        machine
    }

    fn bin(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    /// Cargo's output folder.
    fn target(&self) -> PathBuf {
        self.0.path().join("target")
    }

    /// Adds a program.
    fn with(self, name: &str, script: &str) -> Self {
        let file = self.bin().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn with_qemu(self, version: &str) -> Self {
        let script = format!("echo 'QEMU emulator version {version}'");
        self.with("qemu-system-aarch64", &script)
    }

    fn with_rustc(self, release: &str, date: &str) -> Self {
        let script = self.rustc(release, date);
        self.with("rustc", &script)
    }

    /// Answers as a compiler does.
    fn rustc(&self, release: &str, date: &str) -> String {
        let sysroot = self.0.path().display();
        format!(
            "case \"$*\" in\n*--print*) echo {sysroot};;\n*) printf 'rustc {release} (0123456789 {date})\\n\
             commit-hash: 0123456789\\ncommit-date: {date}\\nhost: x86_64-unknown-linux-gnu\\n\
             release: {release}\\n';;\nesac"
        )
    }

    /// Adds a rustup without a nightly compiler, which can install the toolchain `available`, of that date.
    fn with_rustup(self, available: &str, date: &str) -> Self {
        let installed = self.0.path().join("installed");
        let rustc = self.rustc(NIGHTLY, date);
        let script = format!(
            "case \"$1 $2 $3\" in\n'toolchain install {available}') : > {0};;\n\
             'run {available} rustc') [ -e {0} ] || exit 1\n{rustc}\n;;\n*) echo \"no $*\" >&2; exit 1;;\nesac",
            installed.display()
        );
        self.with("rustup", &script)
    }

    /// Adds Debian's package tools, which know one package; `extract` is what unpacking it does.
    fn with_debian(self, update: &str, extract: &str) -> Self {
        let calls = self.0.path().join("calls");
        let apt = format!(
            "echo \"$*\" >> {}\ncase \"$*\" in\n--version) echo apt;;\n*update) {update};;\n\
             *--simulate*) echo 'Inst qemu-system-arm (7.2 Debian:12 [amd64])';;\n\
             *download*) : > qemu-system-arm.deb;;\nesac",
            calls.display()
        );
        let dpkg = format!("case $1 in\n--version) echo dpkg;;\n*) {extract};;\nesac");
        self.with("apt-get", &apt).with("dpkg-deb", &dpkg)
    }

    /// Runs the command, which must fail with status 1, and returns what it says.
    fn refuses(&self) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("setup")
            .env("PATH", self.bin())
            .env("CARGO_TARGET_DIR", self.target())
            .env_remove("RUSTC")
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The arguments of each call of `apt-get`.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.0.path().join("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    /// Whether nothing is left that a later run could take for a program.
    fn has_no_program(&self) -> bool {
        let tools = self.target().join("tools");
        let left = fs::read_dir(tools).into_iter().flatten();
        let mut names = left.map(|entry| entry.unwrap().file_name());
        names.all(|name| name == "apt")
    }
}

fn assert_says(said: &str, texts: &[&str]) {
    for text in texts {
        assert!(said.contains(text), "{text:?} expected in:\n{said}");
    }
}

#[test]
fn unknown_distribution_is_told_the_packages() {
    let said = Machine::new().refuses();
    assert_says(
        &said,
        &[
            "qemu-system-aarch64: not found on PATH",
            "apt-get install qemu-system-arm ipxe-qemu",
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
