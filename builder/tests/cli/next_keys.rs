// SPDX-License-Identifier: BSD-2-Clause

//! Tests of loaders that trust two keys, while one replaces the other.

use expect_test::expect;

use crate::common::folder::Folder;
use crate::signing::{self, LOADER, SIGN, TRUST};

const NEXT: (&str, &str) = ("--next-key", "other-public.pem");
const SIGN_WITH_NEXT: (&str, &str) = ("--sign-key", "other.pem");

fn check(folder: &Folder, options: &[&str]) -> Option<i32> {
    let arguments = [
        &["check", "image.elf", "--trust-key", "public.pem"],
        options,
    ]
    .concat();
    folder.command(&arguments).status.code()
}

fn first_line(errors: &str) -> &str {
    errors.lines().next().unwrap_or_default()
}

#[test]
fn either_key_signs() {
    let folder = signing::folder();
    for (signer, option) in [
        (SIGN, "--trust-key public.pem"),
        (SIGN_WITH_NEXT, "--next-key other-public.pem"),
    ] {
        folder.accepted(&[LOADER, TRUST, NEXT, signer]);
        let keys = [TRUST, NEXT].map(|(option, key)| [option, key]);
        let output = folder.command(&[&["check", "image.elf"], keys.as_flattened()].concat());
        assert!(output.status.success(), "{output:?}");
        let report = String::from_utf8(output.stdout).expect("text");
        assert!(
            report.contains(&format!(" of {option}, version 0")),
            "{report}"
        );
    }
}

/// Without a private key, the image names the first key, and only this key signs it later. The loader is the same if the
/// keys change places.
#[test]
fn the_first_key_signs_later() {
    let folder = signing::folder();
    let sign = |key| {
        folder
            .command(&["sign", "image.elf", "--sign-key", key])
            .status
    };
    let swapped = [
        ("--trust-key", "other-public.pem"),
        ("--next-key", "public.pem"),
    ];
    for (keys, first, second) in [
        ([TRUST, NEXT], "private.pem", "other.pem"),
        (swapped, "other.pem", "private.pem"),
    ] {
        folder.accepted(&[&[LOADER], &keys[..]].concat());
        assert_eq!(sign(second).code(), Some(1));
        assert!(sign(first).success());
        assert_eq!(check(&folder, &["--next-key", "other-public.pem"]), Some(0));
        let loader = ["--loader", "signed-loader.elf"];
        let next = ["--next-key", "other-public.pem"];
        assert_eq!(check(&folder, &[loader, next].concat()), Some(0));
    }
}

/// Both keys must be those that the user expects.
#[test]
fn a_key_that_nobody_asked_for() {
    let folder = signing::folder();
    folder.accepted(&[LOADER, TRUST, NEXT, SIGN]);
    assert_eq!(check(&folder, &[]), Some(1));
    folder.accepted(&[LOADER, TRUST, SIGN]);
    assert_eq!(check(&folder, &["--next-key", "other-public.pem"]), Some(1));
}

#[test]
fn keys_that_make_no_sense() {
    let folder = signing::folder();
    let same = ("--next-key", "public.pem");
    expect!["error: --next-key public.pem: the same key twice"]
        .assert_eq(first_line(&folder.refused(&[LOADER, TRUST, same])));
    expect!["error: --next-key other-public.pem: the loader would ignore the key"]
        .assert_eq(first_line(&Folder::misused(&[NEXT])));
}
