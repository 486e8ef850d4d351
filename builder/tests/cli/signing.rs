// SPDX-License-Identifier: BSD-2-Clause

//! Keys, and images that are signed with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use expect_test::{Expect, expect};
use kaal_elfloader_builder::{File, Opened};
use kaal_payload::Signature;

use crate::common::folder::Folder;
use crate::common::formats::{ELF, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::programs;

const LOADER: (&str, &str) = ("--loader", "signed-loader.elf");
const TRUST: (&str, &str) = ("--trust-key", "public.pem");
const SIGN: (&str, &str) = ("--sign-key", "private.pem");
const VERSION: (&str, &str) = ("--image-version", "3");

/// A folder with a loader for signed images, and two pairs of keys.
fn folder() -> Folder {
    let folder = Folder::new();
    let loader = programs::loader_of_signed_images();
    folder.put("signed-loader.elf", loader.to_bytes());
    for (private, public) in [
        ("private.pem", "public.pem"),
        ("other.pem", "other-public.pem"),
    ] {
        let output = keygen(&folder, private, public);
        assert!(output.status.success(), "{output:?}");
    }
    folder
}

fn keygen(folder: &Folder, private: &str, public: &str) -> Output {
    command(
        folder,
        &["keygen", "--sign-key", private, "--trust-key", public],
    )
}

fn command(folder: &Folder, arguments: &[&str]) -> Output {
    Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .args(arguments)
        .output()
        .expect("the builder runs")
}

/// What the builder says where it refuses `arguments`; it must leave nothing behind.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let before = folder.files();
    let output = command(folder, arguments);
    let messages = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert_eq!(folder.files(), before, "{messages}");
    messages
}

fn done(folder: &Folder, arguments: &[&str]) {
    let output = command(folder, arguments);
    assert!(output.status.success(), "{output:?}");
}

fn check(folder: &Folder, changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&folder.refused(changes));
}

#[test]
fn keys_are_the_owners_alone() {
    let folder = folder();
    let mode = |name: &str| {
        let metadata = fs::metadata(folder.path().join(name)).expect("a key");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("private.pem"), 0o600);
    assert!(
        folder
            .get("private.pem")
            .starts_with(b"-----BEGIN PRIVATE KEY-----\n")
    );
    assert!(
        folder
            .get("public.pem")
            .starts_with(b"-----BEGIN PUBLIC KEY-----\n")
    );
    assert_ne!(folder.get("private.pem"), folder.get("other.pem"));

    let private = folder.path().join("private.pem");
    fs::set_permissions(private, Permissions::from_mode(0o640)).expect("the owner's file");
    check(
        &folder,
        &[LOADER, TRUST, SIGN],
        expect![[r#"
            error: --sign-key private.pem: others than its owner may access the private key
              expected: the permissions 0600 or fewer
              found: 0640
              remedy: take them away with `chmod 600`; if somebody has read it, make another key
        "#]],
    );
}

#[test]
fn keys_are_not_overwritten() {
    let folder = folder();
    let arguments = [
        "keygen",
        "--sign-key",
        "new.pem",
        "--trust-key",
        "public.pem",
    ];
    expect![[r#"
        error: --trust-key public.pem: can't be made
          expected: the name of a new file in a writable folder
          found: entity already exists
          remedy: choose another name; what is there is not overwritten
    "#]]
    .assert_eq(&refused(&folder, &arguments));
}

/// Whatever signs, and whenever, the image is the same.
#[test]
fn signing_at_once_or_later_is_the_same() {
    let formats = [
        &ELF[..],
        &RAW,
        &IMAGE,
        &UIMAGE,
        &[&RAW[..], &[LZ4]].concat(),
    ]
    .map(<[_]>::to_vec);
    for format in formats {
        let folder = folder();
        let changes = [&[LOADER, TRUST, SIGN, VERSION], &format[..]].concat();
        assert_eq!(folder.accepted(&changes), "");
        let at_once = folder.get("image.elf");
        folder.put("signature", signature_of(&at_once));

        folder.accepted(&[&[LOADER, TRUST, VERSION], &format[..]].concat());
        assert_ne!(folder.get("image.elf"), at_once);
        for source in [
            ["--sign-key", "private.pem"],
            ["--signature", "signature"],
            ["--sign-command", "cat signature"],
        ] {
            done(
                &folder,
                &[&["sign", "image.elf", "--out", "signed"], &source[..]].concat(),
            );
            assert_eq!(folder.get("signed"), at_once, "{source:?}");
        }
        done(&folder, &["sign", "image.elf", "--sign-key", "private.pem"]);
        assert_eq!(folder.get("image.elf"), at_once);
    }
}

fn signature_of(image: &[u8]) -> Signature {
    let path = Path::new("image.elf");
    let opened = Opened::open(File {
        path,
        content: image,
    });
    let opened = opened.expect("an image");
    opened.verify().expect("a whole image");
    opened.payload().signature
}

#[test]
fn what_is_signed_reaches_the_command() {
    let folder = folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    folder.put("signature", signature_of(&folder.get("image.elf")));
    done(&folder, &["sign", "image.elf", "--message", "message"]);
    assert_eq!(folder.get("message").len(), 64);
    let command = "cmp -s - message && cat signature";
    done(&folder, &["sign", "image.elf", "--sign-command", command]);
}

#[test]
fn an_image_without_a_signature_is_warned_of() {
    let folder = folder();
    expect![[r#"
        warning: --loader signed-loader.elf: will refuse the image as long as it is not signed
          expected: the option --sign-key
          found: none
          remedy: sign it with `kaal-elfloader-builder sign`
    "#]]
    .assert_eq(&folder.accepted(&[LOADER, TRUST]));
}

#[test]
fn loaders_and_options_belong_together() {
    let folder = folder();
    check(
        &folder,
        &[TRUST],
        expect![[r#"
            error: --loader loader.elf: a loader that looks at no signatures
              expected: a loader for signed images, because of --trust-key
              found: one that boots any image
              remedy: give target/kaal/elfloader-signed.elf, which `cargo xtask build` leaves
        "#]],
    );
    check(
        &folder,
        &[LOADER],
        expect![[r#"
            error: --loader signed-loader.elf: a loader that would refuse the image
              expected: the option --trust-key, for a loader of signed images
              found: none
              remedy: give the option, or target/kaal/elfloader.elf, which boots any image
        "#]],
    );
    check(
        &folder,
        &[LOADER, SIGN],
        expect![[r#"
            error: --sign-key private.pem: no loader would look at the signature
              expected: the option --trust-key, and a loader for signed images
              found: none
              remedy: give the public key to --trust-key
        "#]],
    );
    check(
        &folder,
        &[LOADER, TRUST, ("--sign-key", "other.pem")],
        expect![[r#"
            error: --sign-key other.pem: the loader would refuse the signature
              expected: the private key to --trust-key public.pem
              found: another key
              remedy: give two keys that belong together
        "#]],
    );
    check(
        &folder,
        &[LOADER, TRUST, SIGN, ("--verify", "crc32c")],
        expect![[r#"
            error: --verify crc32c: too weak for a signed image
              expected: sha256, because of --trust-key: what is signed are hashes
              found: crc32c
              remedy: leave the option out
        "#]],
    );
    check(
        &folder,
        &[LOADER, TRUST, SIGN, ("--min-version", "4"), VERSION],
        expect![[r#"
            error: --image-version 3: the loader would refuse the image as too old
              expected: 4 or more, because of --min-version
              found: 3
              remedy: count the image's version up
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
            error: --trust-key private.pem: not a public key
              expected: an Ed25519 key in PEM, "BEGIN PUBLIC KEY"
              found: "BEGIN PRIVATE KEY", of another kind or damaged
              remedy: give the file that `keygen` wrote, or `openssl pkey -pubout`
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
              remedy: make one with `kaal-elfloader-builder keygen`
        "#]],
    );
}

#[test]
fn what_the_loader_would_refuse_is_not_written() {
    let folder = folder();
    folder.accepted(&[]);
    expect![[r#"
        error: image image.elf: nobody would look at the signature
          expected: an image whose loader boots signed images
          found: one whose loader boots any
          remedy: build it with --trust-key and target/kaal/elfloader-signed.elf
    "#]]
    .assert_eq(&refused(
        &folder,
        &["sign", "image.elf", "--sign-key", "private.pem"],
    ));

    folder.accepted(&[LOADER, TRUST]);
    let sign = |arguments: &[&str]| {
        let message = refused(&folder, &[&["sign", "image.elf"], arguments].concat());
        let id = message
            .find("the key 0x")
            .map(|start| start + "the key 0x".len());
        let digits = |start| {
            message[start..]
                .find(' ')
                .map(|length| start..start + length)
        };
        match id.and_then(digits) {
            Some(id) => message.replacen(&message[id], "…", 1),
            None => message,
        }
    };
    expect![[r#"
        error: --sign-key other.pem: the loader would refuse the signature
          expected: one of image image.elf, by the key 0x… that its loader trusts
          found: one by another key, or of another message
          remedy: sign this image's --message with the private key to --trust-key
    "#]]
    .assert_eq(&sign(&["--sign-key", "other.pem"]));
    expect![[r#"
        error: --signature public.pem: not a signature
          expected: the 64 bytes of an Ed25519 signature (RFC 8032), nothing else
          found: 113 bytes
          remedy: let the signing program write the raw signature
    "#]]
    .assert_eq(&sign(&["--signature", "public.pem"]));
    expect![[r#"
        error: --sign-command exit 7: the signing command failed
          expected: exit status 0
          found: exit status: 7
          remedy: run it by hand with the file that --message writes as its standard input
    "#]]
    .assert_eq(&sign(&["--sign-command", "exit 7"]));
}
