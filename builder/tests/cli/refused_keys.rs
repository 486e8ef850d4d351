// SPDX-License-Identifier: BSD-2-Clause

//! Tests of wrong keys.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use expect_test::{Expect, expect};

use crate::common::folder::Folder;
use crate::signing::{LOADER, TRUST, folder};

fn check(folder: &Folder, changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&folder.refused(changes));
}

#[test]
fn loaders_and_options_belong_together() {
    let folder = folder();
    check(
        &folder,
        &[TRUST],
        expect![[r#"
            error: --loader loader.elf: a loader that ignores signatures
              expected: a loader for signed images, because of --trust-key public.pem
              found: a loader for any image
              help: pass target/kaal/elfloader-signed.elf, which `cargo xtask build` makes
        "#]],
    );
    check(
        &folder,
        &[LOADER],
        expect![[r#"
            error: --loader signed-loader.elf: a loader that would refuse the image
              expected: the option --trust-key, for a loader for signed images
              found: none
              help: pass the option, or target/kaal/elfloader.elf, which boots any image
        "#]],
    );
    check(
        &folder,
        &[LOADER, TRUST, ("--sign-key", "other.pem")],
        expect![[r#"
            error: --sign-key other.pem: the loader would refuse the signature
              expected: the private key to --trust-key public.pem
              found: another key
              help: pass both keys of one pair
        "#]],
    );
}

#[test]
fn other_files_are_no_keys() {
    let folder = folder();
    check(
        &folder,
        &[LOADER, ("--trust-key", "private.pem")],
        expect![[r#"
            error: --trust-key private.pem: a private key instead of a public key
              expected: an Ed25519 key in PEM, "BEGIN PUBLIC KEY"
              found: "BEGIN PRIVATE KEY"
              help: pass the file that `keygen` wrote to its --trust-key, or run `openssl pkey -pubout` on the private key
        "#]],
    );
    folder.put("secret", "secret");
    let secret = folder.path().join("secret");
    fs::set_permissions(secret, Permissions::from_mode(0o600)).expect("the owner's file");
    check(
        &folder,
        &[LOADER, TRUST, ("--sign-key", "secret")],
        expect![[r#"
            error: --sign-key secret: not a private key
              expected: an Ed25519 key in PEM, "BEGIN PRIVATE KEY" (PKCS #8)
              found: no PEM file
              help: run `kaal-elfloader-builder keygen` to make one
        "#]],
    );
}

#[test]
fn swapped() {
    expect![[r#"
        error: --sign-key public.pem: a public key instead of a private key
          expected: "BEGIN PRIVATE KEY"
          found: "BEGIN PUBLIC KEY"
          help: swap the two files: the private key is in --trust-key private.pem
    "#]]
    .assert_eq(&folder().refused(&[
        LOADER,
        ("--trust-key", "private.pem"),
        ("--sign-key", "public.pem"),
    ]));
}

/// A public key that other users can read is no error about permissions.
#[test]
fn public_key_to_sign_with() {
    let folder = folder();
    expect![[r#"
        error: --sign-key public.pem: a public key instead of a private key
          expected: an Ed25519 key in PEM, "BEGIN PRIVATE KEY" (PKCS #8)
          found: "BEGIN PUBLIC KEY"
          help: pass the private key, which `keygen` wrote to its --sign-key
    "#]]
    .assert_eq(&folder.refused(&[
        LOADER,
        ("--trust-key", "public.pem"),
        ("--sign-key", "public.pem"),
    ]));
    folder.accepted(&[LOADER, ("--trust-key", "public.pem")]);
    let output = folder.command(&["sign", "image.elf", "--sign-key", "public.pem"]);
    assert_eq!(output.status.code(), Some(1));
    let messages = String::from_utf8(output.stderr).expect("text");
    assert!(
        messages.contains("a public key instead of a private key"),
        "{messages}"
    );
}

/// Only root can give a file to another user.
#[test]
fn private_key_of_another_user() {
    let folder = folder();
    if chown(folder.path().join("private.pem"), Some(1), None).is_err() {
        return;
    }
    expect![[r#"
        error: --sign-key private.pem: another user owns the private key
          expected: user 0, who runs this, or root
          found: user 1
          help: generate another key; if you trust that user, run `chown 0 private.pem` as root
    "#]]
    .assert_eq(&folder.refused(&[LOADER, TRUST, ("--sign-key", "private.pem")]));
}

#[test]
fn secrets_of_other_kinds_are_still_secrets() {
    let folder = folder();
    folder.put("private.pem", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    let private = folder.path().join("private.pem");
    fs::set_permissions(private, Permissions::from_mode(0o644)).expect("the owner's file");
    let messages = folder.refused(&[
        LOADER,
        ("--trust-key", "public.pem"),
        ("--sign-key", "private.pem"),
    ]);
    assert!(messages.contains("other users can access"), "{messages}");
}
