// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask new`: the project has the template's files, and lies where no other file is.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn new(kind: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["new", kind]).arg(folder);
    command.output().unwrap()
}

/// Checks that `project` has the files of `template`.
fn is_copy(project: &Path, template: &str, files: &[&str]) {
    let template = Path::new(CHECKOUT).join(template);
    for file in files {
        let of = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert_eq!(of(project), of(&template), "{file}");
    }
}

fn refuses(folder: &Path, reason: &str) {
    let output = new("root-task", folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(reason), "{said}");
}

#[test]
fn the_project_is_the_template() {
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("some/project");
    let output = new("root-task", &project);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("cargo build --release"), "{said}");
    let files = [
        "README.md",
        "flake.nix",
        ".gitignore",
        ".github/workflows/ci.yml",
        "root-task/Cargo.toml",
        "root-task/Cargo.lock",
        "root-task/.cargo/config.toml",
        "root-task/src/main.rs",
    ];
    is_copy(&project, "nix/template", &files);
    assert!(!project.join("root-task/target").exists());
}

#[test]
fn a_system_has_a_link_to_the_checkout() {
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("system");
    let output = new("system", &project);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("cargo xtask qemu"), "{said}");
    let files = [
        "README.md",
        "flake.nix",
        "system.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "components/greeter/src/main.rs",
        "tests/boot.rs",
    ];
    is_copy(&project, "nix/template-system", &files);
    let linked = project.join("kaal").canonicalize().unwrap();
    assert_eq!(linked, Path::new(CHECKOUT).canonicalize().unwrap());
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
