// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the files that a manifest may replace.

use expect_test::expect;

use crate::common::folder::Folder;
use crate::signing::{self, LOADER, TRUST};

#[test]
fn a_manifest_replaces_manifests_only() {
    let folder = Folder::new();
    for content in ["", "before", "{}", "[1]", r#"{"kind": "KaaL image"}"#] {
        folder.put("package.json", content);
        expect![[r#"
            error: --out package.json: the manifest would replace another file
              expected: no file, or a manifest of the builder
              found: another file
              help: choose another name for the image, or add --no-manifest
        "#]]
        .assert_eq(&folder.refused(&[("--out", "package")]));
        assert_eq!(folder.get("package.json"), content.as_bytes());
    }
    folder.accepted(&[("--out", "package"), ("--no-manifest", "")]);
    assert_eq!(folder.get("package.json"), br#"{"kind": "KaaL image"}"#);
}

#[test]
fn a_signed_image_replaces_no_manifest() {
    let folder = signing::folder();
    folder.accepted(&[LOADER, TRUST]);
    let before = folder.get("image.elf.json");
    let sign = ["sign", "image.elf", "--sign-key", "private.pem", "--out"];
    let refused = |out| {
        let output = folder.command(&[&sign[..], &[out]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    expect![[r#"
        error: --out image.elf.json: would replace an input
          expected: a file that isn't an input
          found: manifest image.elf.json
          help: choose another name
    "#]]
    .assert_eq(&refused("image.elf.json"));
    folder.put("package.json", "before");
    expect![[r#"
        error: --out package.json: the manifest would replace another file
          expected: no file, or a manifest of the builder
          found: another file
          help: choose another name for the image
    "#]]
    .assert_eq(&refused("package"));
    assert_eq!(folder.get("image.elf.json"), before);
    assert_eq!(folder.get("package.json"), b"before");
    let output = folder.command(&[&sign[..], &["./image.elf"]].concat());
    assert!(output.status.success(), "{output:?}");
    assert_ne!(folder.get("image.elf.json"), before);
}
