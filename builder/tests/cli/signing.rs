// SPDX-License-Identifier: BSD-2-Clause

//! Tests of keys and signed images.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use expect_test::{Expect, expect};
use kaal_elfloader_builder::{File, ImageReader};
use kaal_payload::Signature;
use serde_json::Value;

use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::programs;

pub(crate) const LOADER: (&str, &str) = ("--loader", "signed-loader.elf");
pub(crate) const TRUST: (&str, &str) = ("--trust-key", "public.pem");
pub(crate) const SIGN: (&str, &str) = ("--sign-key", "private.pem");
const VERSION: (&str, &str) = ("--image-version", "3");

/// A folder with a loader for signed images and two key pairs.
pub(crate) fn folder() -> Folder {
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

/// The error for `arguments`; the builder must write nothing.
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
            error: --sign-key private.pem: other users can access the private key
              expected: permissions 0600 or fewer
              found: 0640
              help: run `chmod 600 private.pem`; if somebody may have read the key, generate another
        "#]],
    );
}

/// All ways to sign give the same image.
#[test]
fn signing_at_once_or_later_is_the_same() {
    let formats = [
        &ELF[..],
        &RAW,
        &IMAGE,
        &UIMAGE,
        &EFI,
        &FIT,
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
    let opened = ImageReader::open(File {
        path,
        content: image,
    });
    let opened = opened.expect("an image");
    opened.verify().expect("a whole image");
    opened.payload().signature
}

#[test]
fn the_command_gets_the_message() {
    let folder = folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    folder.put("signature", signature_of(&folder.get("image.elf")));
    done(&folder, &["sign", "image.elf", "--message", "message"]);
    assert_eq!(folder.get("message").len(), 64);
    let command = "cmp -s - message && cat signature";
    done(&folder, &["sign", "image.elf", "--sign-command", command]);
}

#[test]
fn an_unsigned_image_gives_a_warning() {
    let folder = folder();
    expect![[r#"
        warning: --loader signed-loader.elf: will refuse the image until it is signed
          expected: the option --sign-key
          found: none
          help: sign it with `kaal-elfloader-builder sign`
    "#]]
    .assert_eq(&folder.accepted(&[LOADER, TRUST]));
}

/// The ID of the key that the loader in the image trusts.
pub(crate) fn key_id(folder: &Folder) -> String {
    let output = command(folder, &["inspect", "image.elf", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    json["trust"]["keyId"].as_str().expect("a key").to_owned()
}

#[test]
fn a_key_has_the_same_id_everywhere() {
    let folder = folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    let id = key_id(&folder);
    assert_eq!(id.len(), 16);
    assert!(id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    let other = [
        LOADER,
        ("--trust-key", "other-public.pem"),
        ("--out", "other.elf"),
    ];
    folder.accepted(&other);
    let said = |arguments: &[&str]| {
        let output = command(&folder, arguments);
        let all = [output.stdout, output.stderr].concat();
        String::from_utf8(all).expect("text")
    };
    for text in [
        said(&["inspect", "image.elf"]),
        said(&["check", "image.elf"]),
        said(&["sign", "image.elf", "--sign-key", "other.pem"]),
        said(&["diff", "image.elf", "other.elf"]),
        String::from_utf8(folder.get("image.elf.json")).expect("text"),
    ] {
        assert!(text.contains(&id), "{text}");
        assert!(!text.contains(&format!("0x{id}")), "{text}");
    }
}

#[test]
fn signatures_that_the_loader_would_refuse_are_errors() {
    let folder = folder();
    folder.accepted(&[]);
    expect![[r#"
        error: image image.elf: the loader would ignore the signature
          expected: a loader for signed images
          found: a loader for any image
          help: build the image with --trust-key and --loader target/kaal/elfloader-signed.elf
    "#]]
    .assert_eq(&refused(
        &folder,
        &["sign", "image.elf", "--sign-key", "private.pem"],
    ));

    folder.accepted(&[LOADER, TRUST]);
    let sign = |arguments: &[&str]| {
        let message = refused(&folder, &[&["sign", "image.elf"], arguments].concat());
        message.replacen(&key_id(&folder), "(ID)", 1)
    };
    expect![[r#"
        error: --sign-key other.pem: the loader would refuse the signature
          expected: a signature of image image.elf by the key (ID), which it names
          found: a signature by another key, or of another message
          help: sign the --message of this image with the private key of its --trust-key
    "#]]
    .assert_eq(&sign(&["--sign-key", "other.pem"]));
    expect![[r#"
        error: --signature public.pem: not a signature
          expected: 64 bytes, an Ed25519 signature (RFC 8032)
          found: 113 bytes, a PEM file
          help: make the signing program write only the raw signature
    "#]]
    .assert_eq(&sign(&["--signature", "public.pem"]));
    expect![[r#"
        error: --sign-command exit 7: the signing command failed
          expected: exit status 0
          found: exit status: 7
          help: run it by hand, with the file that --message writes as standard input
    "#]]
    .assert_eq(&sign(&["--sign-command", "exit 7"]));
}
