// SPDX-License-Identifier: BSD-2-Clause

//! Tests of input files that could block the builder, or fill the machine's memory.

use std::fs::File;
use std::process::{Command, Output};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use expect_test::expect;

use crate::common::folder::Folder;
use crate::common::programs;
use crate::common::symbols::{self, Symbol};

/// A time limit far above the time that these inputs take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Runs the builder, which must not wait for a pipe that nobody writes to.
fn run(folder: &Folder, arguments: &[&str]) -> Output {
    assert_cmd::Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .args(arguments)
        .timeout(TIME_LIMIT)
        .output()
        .expect("the builder runs")
}

fn said(output: Output) -> String {
    String::from_utf8(output.stderr).expect("text")
}

/// A file of zeroes that takes no room on the disk.
fn put_zeroes(folder: &Folder, name: &str, size: u64) {
    let file = File::create(folder.path().join(name)).expect("a writable folder");
    file.set_len(size).expect("a writable folder");
}

fn make_pipe(folder: &Folder, name: &str) {
    let made = Command::new("mkfifo")
        .arg(folder.path().join(name))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
}

/// Runs a shell in the folder, whose last word is the builder.
fn shell(folder: &Folder, script: &str, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(cargo_bin("kaal-elfloader-builder"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("a shell")
}

#[test]
fn pipes_that_nobody_writes_to() {
    let folder = Folder::new();
    make_pipe(&folder, "pipe");
    let changes = [("--kernel", "pipe"), ("--dtb", "pipe")];
    let output = run(&folder, &Folder::arguments(&changes));
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: --kernel pipe: can't be read
          expected: a regular file
          found: a pipe
          help: write its content to a file, and pass that file
        error: --dtb pipe: can't be read
          expected: a regular file
          found: a pipe
          help: write its content to a file, and pass that file
    "#]]
    .assert_eq(&said(output));
}

#[test]
fn a_pipe_for_a_manifest() {
    let folder = Folder::new();
    folder.accepted(&[("--no-manifest", "")]);
    make_pipe(&folder, "image.elf.json");
    let output = run(&folder, &["diff", "image.elf", "image.elf"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    make_pipe(&folder, "pipe");
    let output = run(&folder, &["diff", "pipe", "pipe"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn files_that_are_too_large() {
    let folder = Folder::new();
    put_zeroes(&folder, "program", (1 << 30) + 1);
    put_zeroes(&folder, "other", (64 << 20) + 1);
    let changes = [("--app", "program"), ("--platform", "other")];
    expect![[r#"
        error: --app program: too large
          expected: at most 1073741824 bytes
          found: 1073741825 bytes
          help: correct the name, or strip the program of its debug information
        error: --platform other: too large
          expected: at most 1048576 bytes
          found: 67108865 bytes
          help: correct the name
    "#]]
    .assert_eq(&folder.refused(&changes));
    let message = said(folder.command(&["explain", "-", "--app", "program"]));
    assert!(
        message.starts_with("error: --app program: too large\n"),
        "{message}"
    );
}

/// The builder keeps only the start of a file that is not a program.
#[cfg(target_os = "linux")]
#[test]
fn a_large_file_that_is_no_program() {
    let folder = Folder::new();
    put_zeroes(&folder, "zeroes", 512 << 20);
    let arguments = Folder::arguments(&[("--app", "zeroes")]);
    let output = shell(&folder, "ulimit -v 400000; exec \"$@\"", &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    expect![[r#"
        error: --app zeroes: not an ELF file
          expected: an ELF file for AArch64
          found: zeroes
          help: pass the linked program, not a raw image or text
    "#]]
    .assert_eq(&said(output));
}

/// The builder ends a signing command that writes without end.
#[test]
fn a_signing_command_that_writes_too_much() {
    let folder = crate::signing::folder();
    folder.accepted(&[crate::signing::LOADER, crate::signing::TRUST]);
    let output = run(&folder, &["sign", "image.elf", "--sign-command", "yes"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    expect![[r#"
        error: --sign-command yes: not a signature
          expected: 64 bytes, an Ed25519 signature (RFC 8032)
          found: more than 64 bytes
          help: make the signing program write only the raw signature
    "#]]
    .assert_eq(&said(output));
}

/// A line without an end is explained in pieces, as they come.
#[cfg(target_os = "linux")]
#[test]
fn a_log_without_lines() {
    let folder = Folder::new();
    let program = symbols::add(
        programs::app().to_bytes(),
        (0x20_0000, 0x20),
        &[Symbol::global("_start", 0x20_0000, 0x20)],
    );
    folder.put("app.elf", program);
    let script = "ulimit -v 150000; head -c 100000000 /dev/zero | tr '\\0' x | \"$@\" | wc -l";
    let output = shell(&folder, script, &["explain", "-", "--app", "app.elf"]);
    let lines = String::from_utf8(output.stdout).expect("text");
    assert_eq!(
        lines.trim(),
        "1526",
        "{:?}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A private key need not lie on a disk.
#[test]
fn private_keys_through_pipes() {
    let folder = crate::signing::folder();
    folder.accepted(&[crate::signing::LOADER, crate::signing::TRUST]);
    let arguments = ["sign", "image.elf", "--sign-key", "pipe"];
    make_pipe(&folder, "pipe");
    let script =
        "chmod 600 pipe; cat private.pem > pipe & \"$@\"; status=$?; kill $!; exit $status";
    let output = shell(&folder, script, &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Another file of the same name doesn't hide that others could read the pipe.
#[test]
fn a_private_key_whose_path_changes() {
    let folder = crate::signing::folder();
    folder.accepted(&[crate::signing::LOADER, crate::signing::TRUST]);
    let arguments = ["sign", "image.elf", "--sign-key", "pipe"];
    make_pipe(&folder, "pipe");
    let script = "chmod 644 pipe; { mv other.pem pipe; cat private.pem; } > pipe & \"$@\"";
    let output = shell(&folder, script, &arguments);
    expect![[r#"
        error: --sign-key pipe: other users can access the private key
          expected: permissions 0600 or fewer
          found: 0644
          help: run `chmod 600 pipe`; if somebody may have read the key, generate another
    "#]]
    .assert_eq(&said(output));
}
