// SPDX-License-Identifier: BSD-2-Clause

//! The errors of `cargo xtask clean-room` if it can't make a room.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the command with `id` as the only program on `PATH`, which prints `user`.
fn clean_room(user: u32, target: &Path, arguments: &[&str]) -> Output {
    let bin = TempDir::new().unwrap();
    let id = bin.path().join("id");
    fs::write(&id, format!("#!/bin/sh\necho {user}\n")).unwrap();
    fs::set_permissions(&id, fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("clean-room")
        .args(arguments)
        .env("PATH", bin.path())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap()
}

#[test]
fn other_users_than_root_are_told_what_to_do() {
    let target = TempDir::new().unwrap();
    let output = clean_room(1000, target.path(), &["true"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("requires root: run it with sudo"), "{said}");
    assert!(!target.path().join("clean-room").exists());
}

#[test]
fn without_debootstrap_no_half_made_tree_is_left() {
    let target = TempDir::new().unwrap();
    let output = clean_room(0, target.path(), &["true"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("apt-get install debootstrap"), "{said}");
    let left = fs::read_dir(target.path().join("clean-room")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn page_that_is_not_there_is_named() {
    let target = TempDir::new().unwrap();
    let output = clean_room(0, target.path(), &["--page", "docs/none.md"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("failed to open file `docs/none.md`"),
        "{said}"
    );
}
