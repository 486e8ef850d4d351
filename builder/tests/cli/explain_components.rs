// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `explain` on reports about components, all of which are linked for the same addresses.

use std::fs;

use expect_test::{Expect, expect};

use crate::common::folder::Folder;
use crate::explain::{NOP, folder, program, run};

/// What a root task reports.
const LOG: &str = "\
crasher: read from 0x0, which is unmapped, at instruction 0x200014
crasher: restart 1 in 1 s
kaal> echo: executed an undefined instruction, at instruction 0x200004
unknown: used an invalid capability in slot 0x0, at instruction 0x200008
in thread 0xffffff807ffb9400 \"rootserver\" at address 0x200010
";

/// A folder with a root task, and the programs of components in the folder `components`.
fn with_components(components: &str) -> Folder {
    let folder = folder();
    fs::create_dir_all(folder.path().join(components)).expect("a writable folder");
    for (name, function) in [("crasher", "crash"), ("echo", "answer")] {
        let program = program(0x20_0000, &[NOP; 8], &["_start", function]);
        folder.put(&format!("{components}/{name}"), program);
    }
    folder
}

fn check(folder: &Folder, arguments: &[&str], expected: Expect) {
    let output = run(folder, arguments, LOG);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    expected.assert_eq(&String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn in_a_folder_of_their_own() {
    check(
        &with_components("components"),
        &["-", "--app", "app.elf", "--components", "components"],
        expect![[r#"
            crasher: read from 0x0, which is unmapped, at instruction 0x200014
            | 0x200014: crasher, crash+0x4
            crasher: restart 1 in 1 s
            kaal> echo: executed an undefined instruction, at instruction 0x200004
            | 0x200004: echo, _start+0x4
            unknown: used an invalid capability in slot 0x0, at instruction 0x200008
            | unknown: no program of this name; pass its folder to --components
            in thread 0xffffff807ffb9400 "rootserver" at address 0x200010
            | 0x200010: app.elf, main+0x0
        "#]],
    );
}

#[test]
fn beside_the_root_task() {
    let folder = with_components(".");
    let explained = |more: &[&str]| {
        let arguments = [&["-", "--app", "app.elf"], more].concat();
        run(&folder, &arguments, LOG).stdout
    };
    assert_eq!(explained(&[]), explained(&["--components", "."]));
}

#[test]
fn given_as_programs() {
    let folder = with_components("components");
    let arguments = ["-", "--app", "components/crasher", "--app", "app.elf"];
    let output = run(&folder, &arguments, LOG.lines().next().unwrap_or_default());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.ends_with("\n| 0x200014: crasher, crash+0x4\n"),
        "{text}"
    );
}

/// Nothing is read but programs in the folder.
#[test]
fn other_names() {
    let folder = with_components("components");
    folder.put("components/text", "text");
    for (name, expected) in [
        ("../app.elf", "| 0x200000: kernel.elf"),
        ("components", "| components: no program of this name"),
        ("text", "| text: no program of this name"),
        ("", "| 0x200000: kernel.elf"),
    ] {
        let log = format!("{name}: at instruction 0x200000");
        folder.put("kernel.elf", folder.get("app.elf"));
        let arguments = ["-", "--kernel", "kernel.elf", "--components", "components"];
        let output = run(&folder, &arguments, &log);
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.starts_with(&format!("{log}\n{expected}")), "{text}");
    }
}
