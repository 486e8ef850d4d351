// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rule about root tasks for development.

use expect_test::expect;

use super::{check, folder, line, warned};
use crate::common::folder::Folder;
use crate::common::programs;

/// The note as the root task's linker writes it: sizes of name and content, type, name.
const NOTE: &[u8] = b"\x05\0\0\0\0\0\0\0\x06\0\0\0KaaL\0\0\0\0";

fn marked() -> Folder {
    let folder = Folder::new();
    let mut app = programs::app();
    app.headers[0].content[0x40..][..NOTE.len()].copy_from_slice(NOTE);
    folder.put("app.elf", app.to_bytes());
    folder
}

#[test]
fn the_build_warns_of_a_root_task_for_development() {
    let messages = marked().accepted(&[]);
    assert!(
        messages.contains("takes programs from a serial line"),
        "{messages}"
    );
}

#[test]
fn check_and_inspect_warn_of_it() {
    let compressed = [
        ("--unpacker", "unpacker.elf"),
        ("--format", "image"),
        ("--compress", "lz4"),
    ];
    for options in [&[][..], &compressed] {
        let folder = marked();
        folder.accepted(options);
        warned(
            &folder,
            &[],
            "development",
            expect![[r#"
            warning      development       a root task for development, which takes programs from a serial line
              expected: a root task to ship, which no program replaces
              found: an ELF note of the owner "KaaL", type 6, in the user image
              help: before you ship it, build the root task with `cargo xtask root-task`, not `watch`"#]],
        );
        let inspected = folder.command(&["inspect", "image.elf"]);
        let text = String::from_utf8_lossy(&inspected.stdout);
        assert!(text.contains("development (warning)"), "{text}");
    }
}

#[test]
fn other_root_tasks_keep_the_rule() {
    expect!["ok           development       the user image has no note of development"]
        .assert_eq(&line(&check(&folder(), &[]), "development"));
}
