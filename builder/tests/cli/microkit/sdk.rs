// SPDX-License-Identifier: BSD-2-Clause

//! Tests of files that the builder finds in Microkit's SDK.

use std::fs;

use expect_test::expect;

use super::{SYSTEM, folder, ordinary, with};
use crate::common::folder::Folder;
use crate::common::programs::{self, ORDINARY_BASE};

const BOARD: [(&str, &str); 3] = [
    ("--sdk", "sdk"),
    ("--board", "virt"),
    ("--sdk-config", "debug"),
];

/// Adds an SDK with the kernel of [`ordinary`] for one board.
fn add_sdk(folder: &Folder) {
    let build = folder.path().join("sdk/board/virt/debug");
    for inner in ["elf", "include/kernel"] {
        fs::create_dir_all(build.join(inner)).expect("a writable folder");
    }
    for other in ["board/virt/release", "board/zcu102"] {
        fs::create_dir_all(folder.path().join("sdk").join(other)).expect("a writable folder");
    }
    let put = |name: &str, content: &[u8]| {
        fs::write(build.join(name), content).expect("a writable folder");
    };
    let kernel = programs::kernel(ORDINARY_BASE);
    put("elf/sel4.elf", &kernel.to_bytes());
    put(
        "include/kernel/gen_config.json",
        br#"{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "1"}"#,
    );
    put(
        "platform_gen.json",
        br#"{"memory": [{"start": 1073741824, "end": 1342177280}], "devices": []}"#,
    );
}

/// The inputs that the manifest names.
fn roles(folder: &Folder) -> Vec<(String, String)> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&folder.get("image.elf.json")).expect("JSON");
    let inputs = manifest["inputs"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    inputs
        .iter()
        .map(|input| (text(&input["role"]), text(&input["name"])))
        .collect()
}

#[test]
fn kernel_and_the_files_of_its_build() {
    let folder = folder(&ordinary());
    add_sdk(&folder);
    folder.accepted(&with(&BOARD));
    let found = roles(&folder);
    let found = found.iter().map(|(role, name)| (&**role, &**name));
    assert!(found.eq([
        ("loader", "loader.elf"),
        ("kernel", "sel4.elf"),
        ("microkit", "loader.img"),
        ("deviceTree", "kernel.dtb"),
        ("platform", "platform_gen.json"),
        ("kernelConfig", "gen_config.json"),
    ]));

    // An option takes precedence, and another root task needs no image of Microkit.
    folder.put("other.json", r#"{"ARM_HYPERVISOR_SUPPORT": true}"#);
    let other = [("--kernel-config", "other.json")];
    let message = folder.refused(&with(&[&BOARD[..], &other].concat()));
    assert!(message.contains("--kernel-config other.json"), "{message}");
    folder.accepted(&[&BOARD[..], &[("--kernel", "")]].concat());
}

#[test]
fn folder_from_the_environment() {
    let folder = folder(&ordinary());
    add_sdk(&folder);
    let options = [
        "--board",
        "virt",
        "--sdk-config",
        "debug",
        "--microkit",
        "loader.img",
    ];
    let files = ["--loader", "loader.elf", "--out", "image.elf"];
    let run = |more: &[&str]| {
        let arguments = [&options[..], &files, more].concat();
        folder.configured("", &arguments, &[("MICROKIT_SDK", "sdk")])
    };
    assert!(run(&[]).status.success());
    assert_eq!(run(&["--no-config"]).status.code(), Some(2));
}

#[test]
fn what_the_sdk_lacks() {
    let folder = folder(&ordinary());
    add_sdk(&folder);
    let misused = |board: &[(&str, &str)]| {
        let output = folder.run(&[&SYSTEM[..], board].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("text")
    };
    let sdk = ("--sdk", "sdk");
    expect![[r#"
        error: --sdk sdk: needs the name of a board
          expected: the option --board
          found: none
          help: pass the board that the system was built for
    "#]]
    .assert_eq(&misused(&[sdk]));
    expect![[r#"
        error: --sdk-config debug: needs the name of a board
          expected: the option --board
          found: none
          help: pass the board that the system was built for
    "#]]
    .assert_eq(&misused(&[("--sdk-config", "debug")]));
    expect![[r#"
        error: --board virt: needs Microkit's SDK
          expected: the option --sdk, or the variable MICROKIT_SDK
          found: neither
          help: pass the folder that the SDK was unpacked to
    "#]]
    .assert_eq(&misused(&[("--board", "virt")]));
    expect![[r#"
        error: --board ../virt: not a board in the SDK
          expected: virt or zcu102
          found: ../virt
          help: pass the board that the system was built for
    "#]]
    .assert_eq(&misused(&[sdk, ("--board", "../virt")]));
    expect![[r#"
        error: --sdk-config: not a configuration of this board in the SDK
          expected: debug or release
          found: none
          help: pass the configuration of this board that the system was built for
    "#]]
    .assert_eq(&misused(&[sdk, ("--board", "virt")]));
    expect![[r#"
        error: --sdk-config debug: not a configuration of this board in the SDK
          expected: a configuration of this board
          found: debug
          help: pass the configuration of this board that the system was built for
    "#]]
    .assert_eq(&misused(&[
        sdk,
        ("--board", "zcu102"),
        ("--sdk-config", "debug"),
    ]));
    expect![[r#"
        error: --sdk .: can't be read
          expected: Microkit's SDK, with the folder ./board
          found: No such file or directory
          help: correct the name, or build the file first
    "#]]
    .assert_eq(&misused(&[("--sdk", "."), ("--board", "virt")]));
}
