// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the files that `keygen` writes.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use expect_test::expect;

use crate::common::folder::Folder;
use crate::signing::{LOADER, folder};

fn keygen(folder: &Folder, private: &str, public: &str, more: &[&str]) -> Output {
    let arguments = ["keygen", "--sign-key", private, "--trust-key", public];
    folder.command(&[&arguments, more].concat())
}

/// The error of `keygen`, which must change no file.
fn refused(folder: &Folder, private: &str, public: &str, more: &[&str]) -> String {
    let content = |folder: &Folder| -> Vec<_> {
        let files = folder.files().into_iter();
        files.map(|path| (fs::read(&path).ok(), path)).collect()
    };
    let before = content(folder);
    let output = keygen(folder, private, public, more);
    let messages = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(content(folder) == before, "{messages}");
    messages
}

fn mode(folder: &Folder, name: &str) -> u32 {
    let metadata = fs::metadata(folder.path().join(name)).expect("a key");
    metadata.mode() & 0o777
}

#[test]
fn private_key_is_the_owners_alone() {
    let folder = Folder::empty();
    let made = Command::new("sh")
        .args(["-c", "umask 0; exec \"$@\"", "sh"])
        .arg(cargo_bin("kaal-elfloader-builder"))
        .args(["keygen", "--sign-key", "key", "--trust-key", "public"])
        .current_dir(folder.path())
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    assert_eq!(mode(&folder, "key"), 0o600);
    assert_eq!(mode(&folder, "public"), 0o666);
}

#[test]
fn keys_are_not_overwritten() {
    let folder = folder();
    expect![[r#"
        error: --trust-key public.pem: can't be made
          expected: the name of a new file
          found: File exists
          help: choose another name, or add --force to replace a public key
    "#]]
    .assert_eq(&refused(&folder, "new.pem", "public.pem", &[]));
    for more in [&[][..], &["--force"]] {
        expect![[r#"
            error: --sign-key private.pem: can't be made
              expected: the name of a new file
              found: File exists
              help: choose another name; existing files are not overwritten
        "#]]
        .assert_eq(&refused(&folder, "private.pem", "public.pem", more));
    }
}

/// Not even a link that leads to no file, or to one that may be written.
#[test]
fn private_key_goes_to_a_new_file() {
    let folder = folder();
    symlink("target", folder.path().join("to-nothing")).expect("a writable folder");
    folder.put("file", "");
    symlink("file", folder.path().join("to-file")).expect("a writable folder");
    let pipe = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(pipe.is_ok_and(|status| status.success()));
    fs::create_dir(folder.path().join("folder")).expect("a writable folder");
    for private in ["to-nothing", "to-file", "pipe", "folder"] {
        for more in [&[][..], &["--force"]] {
            // Reading all files would wait for a writer of the pipe.
            let before = folder.files();
            let output = keygen(&folder, private, "new.pem", more);
            let messages = String::from_utf8(output.stderr).expect("text");
            assert!(messages.contains("found: File exists"), "{messages}");
            assert_eq!(folder.files(), before);
        }
    }
    assert_eq!(folder.get("file"), b"");
}

#[test]
fn a_public_key_is_replaced_if_wanted() {
    let folder = folder();
    let public = folder.path().join("public.pem");
    fs::set_permissions(public, Permissions::from_mode(0o640)).expect("the owner's file");
    let output = keygen(&folder, "new.pem", "public.pem", &["--force"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode(&folder, "public.pem"), 0o640);
    assert_eq!(mode(&folder, "new.pem"), 0o600);
    let keys = [("--trust-key", "public.pem"), ("--sign-key", "new.pem")];
    folder.accepted(&[&[LOADER], &keys[..]].concat());
}

#[test]
fn force_makes_a_new_public_key_too() {
    let folder = Folder::empty();
    let output = keygen(&folder, "private.pem", "public.pem", &["--force"]);
    assert!(output.status.success(), "{output:?}");
    assert!(folder.path().join("public.pem").exists());
}

#[test]
fn nothing_else_is_replaced() {
    let folder = folder();
    expect![[r#"
        error: --trust-key kernel.elf: can't be replaced by a public key
          expected: a public key, or no file
          found: an ELF program for AARCH64, perhaps a seL4 kernel
          help: choose another name
    "#]]
    .assert_eq(&refused(&folder, "new.pem", "kernel.elf", &["--force"]));
    fs::hard_link(
        folder.path().join("private.pem"),
        folder.path().join("hard.pem"),
    )
    .expect("a writable folder");
    for public in ["private.pem", "hard.pem", "new.pem", "./new.pem"] {
        let messages = refused(&folder, "new.pem", public, &["--force"]);
        assert!(messages.contains("found: a PEM file"), "{messages}");
    }
}
