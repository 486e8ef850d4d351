// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask new`: the project has the template's files, and lies where no other file is.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../nix/template");

fn new(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["new", "root-task"]).arg(folder);
    command.output().unwrap()
}

fn refuses(folder: &Path, reason: &str) {
    let output = new(folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(reason), "{said}");
}

#[test]
fn the_project_is_the_template() {
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("some/project");
    let output = new(&project);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("cargo build --release"), "{said}");
    for file in [
        "README.md",
        "flake.nix",
        ".gitignore",
        ".github/workflows/ci.yml",
        "root-task/Cargo.toml",
        "root-task/Cargo.lock",
        "root-task/.cargo/config.toml",
        "root-task/src/main.rs",
    ] {
        let of = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert_eq!(of(&project), of(Path::new(TEMPLATE)), "{file}");
    }
    assert!(!project.join("root-task/target").exists());
}

#[test]
fn other_files_stay_as_they_are() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("notes");
    fs::write(&file, "mine").unwrap();
    refuses(scratch.path(), "a new folder expected");
    refuses(&file, "a new folder expected");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}

#[test]
fn projects_lie_outside_of_the_checkout() {
    let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("my-system");
    refuses(&inside, "a folder outside of");
    assert!(!inside.exists());
}
