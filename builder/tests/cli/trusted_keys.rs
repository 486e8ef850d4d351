// SPDX-License-Identifier: BSD-2-Clause

//! `check --trust-key`: whether an image is signed with a key that is known, whatever it says of itself.

use std::process::Output;

use expect_test::{Expect, expect};
use kaal_payload::Integrity;

use crate::common::folder::Folder;
use crate::rules::change_header;
use crate::signing::{self, LOADER, TRUST};

const SIGN: (&str, &str) = ("--sign-key", "private.pem");
const FORGED: [(&str, &str); 3] = [
    LOADER,
    ("--trust-key", "other-public.pem"),
    ("--sign-key", "other.pem"),
];

fn check(folder: &Folder) -> Output {
    folder.command(&["check", "image.elf", "--trust-key", "public.pem"])
}

/// Checks that the image is refused, in which IDs of keys stand as `names` has them.
fn refused(folder: &Folder, names: &[(&str, &str)], expected: Expect) {
    let output = check(folder);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut message = String::from_utf8(output.stderr).expect("text");
    for (id, name) in names {
        message = message.replace(id, name);
    }
    expected.assert_eq(&message);
}

/// The ID of the key that the loader in an image of `keys` trusts.
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

/// Without the option, all is well with it: who forges an image also exchanges the key in its loader.
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
            error: image image.elf: the loader trusts another key (rule signature)
              expected: the key (OWN) of --trust-key public.pem
              found: the key (OTHER)
              remedy: don't install this image; if you built it with another key, pass that key
        "#]],
    );
}

#[test]
fn an_image_whose_loader_trusts_nobody() {
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
              remedy: don't install this image; if you built it with another key, pass that key
        "#]],
    );
}

/// A loader that trusts the right key does not make a signature.
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
              remedy: sign it with the key that the loader trusts
        "#]],
    );
}

/// A signature of a header whose digests anyone can imitate says nothing of the rest.
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
          remedy: build the image again without --verify
    "#]]
    .assert_eq(message.expect("the rule"));
}

#[test]
fn what_is_no_public_key() {
    let folder = signing::folder();
    folder.accepted(&[LOADER, TRUST, SIGN]);
    let output = folder.command(&["check", "image.elf", "--trust-key", "private.pem"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    expect![[r#"
        error: --trust-key private.pem: a private key in place of the public one
          expected: an Ed25519 key in PEM, "BEGIN PUBLIC KEY"
          found: "BEGIN PRIVATE KEY"
          remedy: pass the file that `keygen` wrote to its --trust-key, or run `openssl pkey -pubout` on the private key
    "#]].assert_eq(&String::from_utf8_lossy(&output.stderr));
}
