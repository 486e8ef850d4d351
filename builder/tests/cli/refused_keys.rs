// SPDX-License-Identifier: BSD-2-Clause

//! Tests of wrong keys.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use ed25519::pkcs8::spki::der::pem::{self, LineEnding};
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
              found: text
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

/// The PEM file of the public key `key`, whose bytes need not be valid (RFC 8410, section 4).
fn public_pem(key: [u8; 32]) -> String {
    const ED25519: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    let der = [&ED25519[..], &key].concat();
    pem::encode_string("PUBLIC KEY", LineEnding::LF, &der).expect("a short file")
}

#[test]
fn coordinates_that_are_not_reduced() {
    let folder = folder();
    let arguments = [LOADER, ("--trust-key", "key.pem")];
    folder.put("key.pem", public_pem([0xff; 32]));
    expect![[r#"
        error: --trust-key key.pem: no private key has this public key
          expected: the canonical encoding of a point of large order (RFC 8032, section 5.1)
          found: a coordinate of 2^255 - 19 or more
          help: pass the file that `keygen` wrote to its --trust-key, or run `openssl pkey -pubout` on the private key
    "#]]
    .assert_eq(&folder.refused(&arguments));
    // All y from 2^255 - 19 on, with both signs of x. Some are on no point of the curve.
    for lowest in 0xed..=0xff {
        for highest in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (lowest, highest);
            folder.put("key.pem", public_pem(key));
            folder.refused(&arguments);
        }
    }
}

/// The canonical encodings of all points whose order divides 8.
#[test]
fn points_of_small_order() {
    const ORDER_8: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    let folder = folder();
    let small = |lowest, middle, highest| {
        let mut key = [middle; 32];
        (key[0], key[31]) = (lowest, highest);
        key
    };
    let negative = |mut key: [u8; 32]| {
        key[31] |= 0x80;
        key
    };
    // -y is 2^255 - 19 - y.
    let mut other = ORDER_8.map(|byte| !byte);
    other[0] -= 0x12;
    other[31] &= 0x7f;
    for key in [
        small(1, 0, 0),
        small(0xec, 0xff, 0x7f),
        small(0, 0, 0),
        small(0, 0, 0x80),
        ORDER_8,
        negative(ORDER_8),
        other,
        negative(other),
    ] {
        folder.put("key.pem", public_pem(key));
        let messages = folder.refused(&[LOADER, ("--trust-key", "key.pem")]);
        assert!(messages.contains("a point of small order"), "{messages}");
    }
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
