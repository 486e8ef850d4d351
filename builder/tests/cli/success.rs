// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the line about a new image, which only terminals show.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use expect_test::{Expect, expect};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::common::folder::Folder;
use crate::common::programs;

/// The messages that a user sees on a terminal.
fn shown(folder: &Folder, changes: &[(&str, &str)]) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&controller).expect("access to the terminal");
    unlockpt(&controller).expect("an unlocked terminal");
    let name = ptsname(&controller, Vec::new()).expect("the terminal's name");
    let name = name.to_str().expect("text");
    let mut options = File::options();
    let terminal = options.read(true).write(true).open(name);
    let status = Command::new(cargo_bin("kaal-elfloader-builder"))
        .args(Folder::arguments(changes))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(terminal.expect("the terminal opens"))
        .status();
    assert!(status.expect("the builder runs").success());
    let mut said = Vec::new();
    // Linux ends with an error when nobody has the terminal open any more.
    let _ = File::from(controller).read_to_end(&mut said);
    String::from_utf8(said).expect("text").replace("\r\n", "\n")
}

fn check(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&shown(&Folder::new(), changes));
}

#[test]
fn an_elf_file() {
    check(
        &[],
        expect![[r#"
            wrote image.elf: 7735 bytes, entry point 0x40401008, 15 rules kept, 7 not checked; next: kaal-elfloader-builder inspect image.elf
        "#]],
    );
}

#[test]
fn another_format() {
    check(
        &[("--format", "image"), ("--unpacker", "unpacker.elf")],
        expect![[r#"
            wrote image.elf: 15888 bytes, 15 rules kept, 7 not checked; next: kaal-elfloader-builder inspect image.elf
        "#]],
    );
}

#[test]
fn an_image_without_its_signature() {
    let folder = Folder::new();
    let keys = [
        "keygen",
        "--sign-key",
        "key.pem",
        "--trust-key",
        "key.pub.pem",
    ];
    assert!(folder.command(&keys).status.success());
    folder.put("loader.elf", programs::loader_of_signed_images().to_bytes());
    expect![[r#"
        warning: --loader loader.elf: will refuse the image until it is signed
          expected: the option --sign-key
          found: none
          help: sign it with `kaal-elfloader-builder sign`
        wrote image.elf: 7911 bytes, entry point 0x40401008, 15 rules kept, 7 not checked; next: kaal-elfloader-builder sign image.elf --sign-key FILE
    "#]].assert_eq(&shown(&folder, &[("--trust-key", "key.pub.pem")]));
}

#[test]
fn programs_and_quiet_users_see_none() {
    check(&[("--quiet", "")], expect![[""]]);
    check(&[("--message-format", "json")], expect![[""]]);
    assert_eq!(Folder::new().accepted(&[]), "");
}
