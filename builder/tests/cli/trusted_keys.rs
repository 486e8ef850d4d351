// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `check --trust-key`, which checks the signature against a known key.

use std::process::Output;

use expect_test::{Expect, expect};
use kaal_payload::Integrity;

use crate::common::folder::Folder;
use crate::rules::change_header;
use crate::signing::{self, LOADER, SIGN, TRUST};

const FORGED: [(&str, &str); 3] = [
    LOADER,
    ("--trust-key", "other-public.pem"),
    ("--sign-key", "other.pem"),
];

fn check(folder: &Folder) -> Output {
    folder.command(&["check", "image.elf", "--trust-key", "public.pem"])
}

/// Checks the error, in which `names` replace the IDs of keys.
fn refused(folder: &Folder, names: &[(&str, &str)], expected: Expect) {
    let output = check(folder);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut message = String::from_utf8(output.stderr).expect("text");
    for (id, name) in names {
        message = message.replace(id, name);
    }
    expected.assert_eq(&message);
}

/// The ID of the key that the loader in an image trusts, if the image is made with the options `keys`.
fn id(folder: &Folder, keys: &[(&str, &str)]) -> String {
    folder.accepted(keys);
    signing::key_id(folder)
}

#[test]
fn an_image_of_the_key() {
    let folder = signing::folder();
    let id = id(&folder, &[LOADER, TRUST, SIGN]);
    let output = check(&folder);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = String::from_utf8(output.stdout).expect("text");
    let line = format!(
        "ok           signature         by the key {id} of --trust-key public.pem, version 0 of at least 0\n"
    );
    assert!(report.contains(&line), "{report}");
}

/// Without the option, `check` accepts the image: a forger also replaces the key in the loader.
#[test]
fn an_image_of_another_key() {
    let folder = signing::folder();
    let own = id(&folder, &[LOADER, TRUST, SIGN]);
    let other = id(&folder, &FORGED);
    assert!(folder.command(&["check", "image.elf"]).status.success());
    refused(
        &folder,
        &[(&own, "(OWN)"), (&other, "(OTHER)")],
        expect![[r#"
            error: image image.elf: the loader trusts other keys (rule signature)
              expected: the key (OWN) of --trust-key public.pem
              found: the key (OTHER)
              help: don't install this image; if you built it with other keys, pass those
        "#]],
    );
}

#[test]
fn an_image_whose_loader_trusts_no_key() {
    let folder = signing::folder();
    let own = id(&folder, &[LOADER, TRUST, SIGN]);
    folder.accepted(&[]);
    assert!(folder.command(&["check", "image.elf"]).status.success());
    refused(
        &folder,
        &[(&own, "(OWN)")],
        expect![[r#"
            error: image image.elf: the loader trusts no key (rule signature)
              expected: the key (OWN) of --trust-key public.pem
              found: a loader that accepts unsigned images
              help: don't install this image; if you built it with other keys, pass those
        "#]],
    );
}

/// The right key in the loader is no signature.
#[test]
fn an_image_that_is_not_signed() {
    let folder = signing::folder();
    let own = id(&folder, &[LOADER, TRUST]);
    refused(
        &folder,
        &[(&own, "(OWN)")],
        expect![[r#"
            error: image image.elf: the loader will refuse the image (rule signature)
              expected: a signature by the key (OWN)
              found: no signature
              help: sign it with the key that the loader trusts
        "#]],
    );
}

/// A signature covers weak digests, but anyone can find other content with the same digests.
#[test]
fn an_image_with_weak_digests() {
    let folder = signing::folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    change_header(&folder, |payload| payload.integrity = Integrity::Crc32c);
    let output = check(&folder);
    let report = String::from_utf8(output.stderr).expect("text");
    let message = report
        .split("error: ")
        .find(|message| message.contains("rule signature"));
    expect![[r#"
        image image.elf: the loader will refuse the image (rule signature)
          expected: SHA-256 digests, which the signature covers
          found: weaker digests
          help: build the image again without --verify
    "#]]
    .assert_eq(message.expect("the rule"));
}

#[test]
fn files_that_are_no_public_keys() {
    let folder = signing::folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    let output = folder.command(&["check", "image.elf", "--trust-key", "private.pem"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    expect![[r#"
        error: --trust-key private.pem: a private key instead of a public key
          expected: an Ed25519 key in PEM, "BEGIN PUBLIC KEY"
          found: "BEGIN PRIVATE KEY"
          help: pass the file that `keygen` wrote to its --trust-key, or run `openssl pkey -pubout` on the private key
    "#]].assert_eq(&String::from_utf8_lossy(&output.stderr));
}
