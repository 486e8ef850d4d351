// SPDX-License-Identifier: BSD-2-Clause

//! A machine that lacks programs: a folder of small scripts, the only folder on `PATH`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// The target that the machine's compiler runs on.
pub(crate) const HOST: &str = "x86_64-unknown-linux-gnu";

/// The release of a nightly compiler that is new enough.
pub(crate) const NIGHTLY: &str = "1.97.0-nightly";

/// A machine without any program but a shell's.
pub(crate) struct Machine(TempDir);

impl Machine {
    pub(crate) fn new() -> Self {
        let machine = Self(TempDir::new().unwrap());
        fs::create_dir(machine.bin()).unwrap();
        symlink("/bin/sh", machine.bin().join("sh")).unwrap();
        machine
    }

    fn bin(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    /// Cargo's output folder.
    pub(crate) fn target(&self) -> PathBuf {
        self.0.path().join("target")
    }

    /// Adds a program.
    pub(crate) fn with(self, name: &str, script: &str) -> Self {
        let file = self.bin().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    pub(crate) fn with_qemu(self, version: &str) -> Self {
        let script = format!("echo 'QEMU emulator version {version}'");
        self.with("qemu-system-aarch64", &script)
    }

    pub(crate) fn with_rustc(self, release: &str, date: &str) -> Self {
        let script = self.rustc(HOST, release, date);
        self.with("rustc", &script)
    }

    /// Adds a compiler that runs on `host`, with rust-lld and the standard libraries of `targets`.
    pub(crate) fn with_toolchain(self, host: &str, targets: &[&str]) -> Self {
        let libraries = self.0.path().join("lib/rustlib");
        for target in targets {
            fs::create_dir_all(libraries.join(target).join("lib")).unwrap();
        }
        let bin = libraries.join(host).join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("rust-lld"), "").unwrap();
        let script = self.rustc(host, "1.95.0", "2026-04-14");
        self.with("rustc", &script)
    }

    /// Answers as a compiler does.
    fn rustc(&self, host: &str, release: &str, date: &str) -> String {
        let sysroot = self.0.path().display();
        format!(
            "case \"$*\" in\n*--print*) echo {sysroot};;\n*) printf 'rustc {release} (0123456789 {date})\\n\
             commit-hash: 0123456789\\ncommit-date: {date}\\nhost: {host}\\n\
             release: {release}\\n';;\nesac"
        )
    }

    /// Adds a rustup without a nightly compiler, which can install the toolchain `available`, of that date.
    pub(crate) fn with_rustup(self, available: &str, date: &str) -> Self {
        let installed = self.0.path().join("installed");
        let rustc = self.rustc(HOST, NIGHTLY, date);
        let script = format!(
            "case \"$1 $2 $3\" in\n'toolchain install {available}') : > {0};;\n\
             'run {available} rustc') [ -e {0} ] || exit 1\n{rustc}\n;;\n*) echo \"no $*\" >&2; exit 1;;\nesac",
            installed.display()
        );
        self.with("rustup", &script)
    }

    /// Adds Debian's package tools, which know one package to install, and one that is installed; `extract` is what
    /// unpacking them does.
    pub(crate) fn with_debian(self, update: &str, extract: &str) -> Self {
        let calls = self.0.path().join("calls");
        let apt = format!(
            "echo \"$*\" >> {}\ncase \"$*\" in\n--version) echo apt;;\n*update) {update};;\n\
             *--simulate*) echo 'Remv qemu-utils [1:10.0.2+ds-2]'\n\
             echo 'Inst qemu-system-arm [7.1-1] (7.2-1+b1 Debian:12 [amd64])'\n\
             echo 'Conf qemu-system-arm (7.2-1+b1 Debian:12 [amd64])'\n\
             case \"$*\" in *--reinstall*) echo 'Inst ipxe-qemu [1.0-5] (1.0-5 Debian:12 [all])';; esac;;\n\
             *download*) : > qemu-system-arm.deb;;\nesac",
            calls.display()
        );
        let dpkg = format!("case $1 in\n--version) echo dpkg;;\n*) {extract};;\nesac");
        self.with("apt-get", &apt).with("dpkg-deb", &dpkg)
    }

    /// Runs `cargo xtask setup`, which must fail, and returns its errors.
    pub(crate) fn refuses(&self) -> String {
        self.refuses_to(&["setup"])
    }

    /// Runs the command, which must fail with status 1, and returns its errors.
    pub(crate) fn refuses_to(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .env("PATH", self.bin())
            .env("CARGO_TARGET_DIR", self.target())
            .env_remove("RUSTC")
            .env_remove("SEL4_PREFIX")
            .env_remove("SOURCE_DATE_EPOCH")
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The arguments of each call of `apt-get`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.0.path().join("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    /// Whether nothing is left that a later run could take for a program.
    pub(crate) fn has_no_program(&self) -> bool {
        let tools = self.target().join("tools");
        let left = fs::read_dir(tools).into_iter().flatten();
        let mut names = left.map(|entry| entry.unwrap().file_name());
        names.all(|name| name == "apt")
    }
}

pub(crate) fn assert_says(said: &str, texts: &[&str]) {
    for text in texts {
        assert!(said.contains(text), "{text:?} expected in:\n{said}");
    }
}
