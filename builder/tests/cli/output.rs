// SPDX-License-Identifier: BSD-2-Clause

//! Tests how the builder writes image files.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use expect_test::expect;

use crate::common::folder::Folder;

/// A shell command in `folder` that ends with the builder making an image.
fn shell(folder: &Folder, script: &str) -> std::process::Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("{script} exec \"$@\""))
        .arg("sh")
        .arg(cargo_bin("kaal-elfloader-builder"))
        .args(Folder::arguments(&[]))
        .current_dir(folder.path())
        .output()
        .expect("a shell")
}

#[test]
fn missing_folder() {
    let folder = Folder::new();
    expect![[r#"
        error: --out missing/image.elf: its folder doesn't exist
          expected: the folder missing
          found: no such folder
          help: make the folder, or choose another
    "#]]
    .assert_eq(&folder.refused(&[("--out", "missing/image.elf")]));
}

#[test]
fn folder_of_that_name() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("images")).expect("a writable folder");
    expect![[r#"
        error: --out images: can't be replaced by an image
          expected: a regular file, or no file
          found: a folder
          help: choose another name
    "#]]
    .assert_eq(&folder.refused(&[("--out", "images")]));
}

#[test]
fn socket_of_that_name() {
    let folder = Folder::new();
    let _socket = UnixListener::bind(folder.path().join("socket")).expect("a writable folder");
    expect![[r#"
        error: --out socket: can't be replaced by an image
          expected: a regular file, or no file
          found: a socket
          help: choose another name
    "#]]
    .assert_eq(&folder.refused(&[("--out", "socket")]));
}

#[test]
fn equal_to_an_input() {
    let folder = Folder::new();
    let kernel = folder.get("kernel.elf");
    expect![[r#"
        error: --out ./kernel.elf: would replace an input
          expected: a file that isn't an input
          found: --kernel kernel.elf
          help: choose another name
    "#]]
    .assert_eq(&folder.refused(&[("--out", "./kernel.elf")]));
    assert_eq!(folder.get("kernel.elf"), kernel);
}

#[test]
fn link_to_an_input() {
    let folder = Folder::new();
    symlink("app.elf", folder.path().join("soft.elf")).expect("a writable folder");
    fs::hard_link(
        folder.path().join("app.elf"),
        folder.path().join("hard.elf"),
    )
    .expect("a writable folder");
    for name in ["soft.elf", "hard.elf"] {
        let message = folder.refused(&[("--out", name)]);
        assert!(message.contains("found: --app app.elf"), "{message}");
    }
}

/// The link stays, and what it leads to stays its owner's alone.
#[test]
fn replaces_what_a_link_leads_to() {
    let folder = Folder::new();
    let link = folder.path().join("link.elf");
    folder.put("image.elf", "before");
    let image = folder.path().join("image.elf");
    fs::set_permissions(image, Permissions::from_mode(0o600)).expect("the owner's file");
    symlink("image.elf", &link).expect("a writable folder");
    folder.accepted(&[("--out", "link.elf")]);
    assert!(link.is_symlink());
    assert!(folder.get("image.elf").starts_with(b"\x7fELF"));
    let metadata = fs::metadata(&link).expect("an image");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(folder.get("link.elf.json").starts_with(b"{\n"));
}

#[test]
fn link_to_nothing() {
    let folder = Folder::new();
    symlink("nothing.elf", folder.path().join("link.elf")).expect("a writable folder");
    expect![[r#"
        error: --out link.elf: can't be replaced by an image
          expected: a regular file, or no file
          found: a link to a file that doesn't exist
          help: choose another name
    "#]]
    .assert_eq(&folder.refused(&[("--out", "link.elf")]));
}

/// A file larger than what the process may write stands in for a full disk.
#[test]
fn disk_full() {
    let folder = Folder::new();
    folder.put("image.elf", "before");
    let before = folder.files();
    let output = shell(&folder, "trap '' XFSZ; ulimit -f 1;");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).expect("text");
    expect![[r#"
        error: --out image.elf: can't be written
          expected: enough room
          found: File too large
          help: make room, or choose another folder
    "#]]
    .assert_eq(&message);
    assert_eq!(folder.files(), before);
    assert_eq!(folder.get("image.elf"), b"before");
}

/// A command that could not show what it should must not end as if it had.
#[cfg(target_os = "linux")]
#[test]
fn no_room_on_standard_output() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let arguments: &[&[&str]] = &[
        &["inspect", "image.elf"],
        &["inspect", "image.elf", "--json"],
        &["check", "image.elf"],
        &["check", "--explain", "integrity"],
        &["completions", "bash"],
        &["--no-config", "--print-config"],
    ];
    let mut said = BTreeSet::new();
    for arguments in arguments {
        let output = Command::new("sh")
            .args(["-c", "exec \"$@\" > /dev/full", "sh"])
            .arg(cargo_bin("kaal-elfloader-builder"))
            .args(*arguments)
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        said.insert(String::from_utf8(output.stderr).expect("text"));
    }
    let said: Vec<_> = said.into_iter().collect();
    expect![[r#"
        error: standard output: can't be written
          expected: enough room
          found: No space left on device
          help: make room, or choose another folder
    "#]]
    .assert_eq(&said.concat());
}

/// The exit status still tells the outcome.
#[cfg(target_os = "linux")]
#[test]
fn no_room_on_standard_error() {
    let folder = Folder::new();
    for (arguments, expected) in [
        (&["inspect", "none.elf"][..], 1),
        (&["inspect", "none.elf", "--message-format", "json"], 1),
        (&["--unknown"], 2),
        (&Folder::arguments(&[("-v", "")]), 0),
    ] {
        let status = Command::new("sh")
            .args(["-c", "exec \"$@\" 2> /dev/full", "sh"])
            .arg(cargo_bin("kaal-elfloader-builder"))
            .args(arguments)
            .current_dir(folder.path())
            .status();
        let code = status.expect("a shell").code();
        assert_eq!(code, Some(expected), "{arguments:?}");
    }
}

#[test]
fn replaces_an_image() {
    let folder = Folder::new();
    folder.put("image.elf", "before");
    folder.accepted(&[]);
    assert!(folder.get("image.elf").starts_with(b"\x7fELF"));
    assert_eq!(folder.files().len(), Folder::new().files().len() + 2);
}

#[test]
fn permissions_honour_the_umask() {
    for (umask, mode) in [("022", 0o644), ("077", 0o600)] {
        let folder = Folder::new();
        let output = shell(&folder, &format!("umask {umask};"));
        assert!(output.status.success());
        let metadata = fs::metadata(folder.path().join("image.elf")).expect("an image");
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "umask {umask}");
    }
}

#[test]
fn same_inputs_give_the_same_bytes() {
    let (here, there) = (Folder::new(), Folder::new());
    here.accepted(&[]);
    let absolute = |name: &str| here.path().join(name).to_string_lossy().into_owned();
    there.accepted(&[
        ("--loader", &absolute("loader.elf")),
        ("--kernel", &absolute("kernel.elf")),
        ("--app", &absolute("app.elf")),
        ("--dtb", &absolute("kernel.dtb")),
    ]);
    assert_eq!(here.get("image.elf"), there.get("image.elf"));
}

#[test]
fn images_hold_no_names() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let image = folder.get("image.elf");
    let folder_name = folder.path().to_string_lossy().into_owned();
    for name in [folder_name.as_str(), "kernel.elf", "app.elf", "loader.elf"] {
        assert!(
            !image
                .windows(name.len())
                .any(|part| part == name.as_bytes()),
            "{name}"
        );
    }
}
