// SPDX-License-Identifier: BSD-2-Clause

//! Compares `docs/json.md` with the JSON for images with all features and with none.

mod page;

use std::fs;

use serde_json::Value;

use crate::capdl;
use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::formats::{EFI, IMAGE, LZ4};
use crate::common::programs;
use crate::diff::folder_with_two_root_tasks;
use crate::signing::{self, LOADER, TRUST};
use page::{described, written};

/// Options for a signed, compressed image with all features.
const FULL: [(&str, &str); 5] = [
    LOADER,
    TRUST,
    ("--verify", "sha256"),
    ("--bootargs", "quiet"),
    ("--kernel-config", "config.json"),
];

/// A folder with the files for that image.
fn folder() -> Folder {
    let folder = signing::folder();
    let kernel = programs::kernel(programs::HYPERVISOR_BASE);
    folder.put("kernel.elf", kernel.to_bytes());
    let config =
        r#"{"ARM_HYPERVISOR_SUPPORT": true, "ARM_PA_SIZE_BITS_40": true, "MAX_NUM_NODES": "2"}"#;
    folder.put("config.json", config);
    let mut cores = Core::all([0, 1]);
    cores[1] = Core::polling(1, 0x4fff_0000);
    let device_tree = DeviceTree {
        has_gic: true,
        ..DeviceTree::with_cores(cores)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder
}

fn inspected(folder: &Folder, changes: &[(&str, &str)]) -> Value {
    folder.accepted(changes);
    let output = folder.command(&["inspect", "image.elf", "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The JSON for images that differ as much as possible.
fn reports() -> [Value; 3] {
    let folder = folder();
    let initialiser = capdl::initialiser(&[(capdl::SPECIFICATION, 0x80)]);
    folder.put("app.elf", initialiser.to_bytes());
    let keys = [
        ("--sign-key", "private.pem"),
        ("--next-key", "other-public.pem"),
    ];
    let signed = [&FULL[..], &IMAGE, &[LZ4], &keys].concat();
    [
        inspected(&folder, &signed),
        inspected(&folder, &FULL),
        inspected(&Folder::new(), &[&EFI[..], &[("--dtb", "")]].concat()),
    ]
}

#[test]
fn inspect() {
    let mut reports = reports();
    for report in &mut reports {
        // It has a section of its own.
        let fields = report["payload"].as_object_mut().expect("an object");
        fields.clear();
    }
    assert_eq!(written(&reports), described("`inspect --json`"));
}

#[test]
fn payload_header() {
    let payloads = reports().map(|mut report| report["payload"].take());
    assert_eq!(written(&payloads), described("The payload header"));
}

#[test]
fn diff() {
    let folder = folder_with_two_root_tasks();
    fs::remove_file(folder.path().join("other.elf.json")).expect("a manifest");
    let output = folder.command(&["diff", "image.elf", "other.elf", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(written([&report]), described("`diff --json`"));
}

#[test]
fn messages() {
    let folder = Folder::new();
    let said = |arguments: &[&str]| {
        let output = folder.command(&[arguments, &["--message-format", "json"]].concat());
        let text = String::from_utf8(output.stderr).expect("text");
        let lines = text.lines().map(serde_json::from_str);
        lines
            .map(|line| line.expect("JSON"))
            .collect::<Vec<Value>>()
    };
    let missing = said(&["check", "none.elf"]);
    assert_eq!(written(&missing), described("Errors and warnings"));
    let unknown = said(&["--unknown"]);
    assert_eq!(written(&unknown), described("Wrong usage"));
    let (notes, warnings): (Vec<_>, Vec<_>) =
        said(&Folder::arguments(&[("--dtb", ""), ("-v", "")]))
            .into_iter()
            .partition(|message| message["level"] == "note");
    assert_eq!(written(&notes), described("Notes"));
    assert_eq!(written(&warnings), described("Errors and warnings"));
}
