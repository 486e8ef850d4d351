// SPDX-License-Identifier: BSD-2-Clause

//! Tests of root tasks with wide gaps between their segments, as linkers for large pages leave them.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::common::device_tree::DeviceTree;
use crate::common::elf::Elf;
use crate::common::folder::Folder;
use crate::common::formats::{IMAGE, LZ4, RAW, UIMAGE};
use crate::common::loaded::Loaded;
use crate::common::programs;
use crate::rules::{CONFIG, PLATFORM};

/// The end of a root task's first segment.
const END: u64 = 0x20_0123;

/// A root task with `gap` bytes between its segments.
fn app(gap: u64) -> Elf {
    let mut elf = programs::app();
    elf.headers[1].virt = END + gap;
    elf
}

fn folder(gap: u64) -> Folder {
    let folder = Folder::new();
    folder.put("app.elf", app(gap).to_bytes());
    folder
}

#[test]
fn pages_of_2_mib() {
    let folder = folder(2 << 20);
    expect![[r#"
        warning: --app app.elf: wide gaps between its segments cost memory and slots
          expected: gaps of up to 128 KiB between PT_LOADs
          found: gaps that take 2093056 bytes of RAM and 511 slots of the root CNode, the widest at 0x200123..0x400123
          help: link it with -z max-page-size=4096, or put the sections next to each other in its linker script
    "#]].assert_eq(&folder.accepted(&[]));
    let loaded = Loaded::new(&folder.get("image.elf"));
    let memory = loaded.payload().user_image.memory;
    assert_eq!(memory.size(), 0x20_5000);
}

/// `inspect` counts the pages of the warning, in each format.
#[test]
fn inspect_shows_their_cost() {
    let folder = folder(2 << 20);
    for format in [&[][..], &RAW, &UIMAGE, &IMAGE, &[IMAGE[0], IMAGE[1], LZ4]] {
        folder.accepted(format);
        let inspect = |options: &[_]| {
            let arguments = [&["inspect", "image.elf"], options].concat();
            String::from_utf8(folder.command(&arguments).stdout).expect("text")
        };
        let text = inspect(&[]);
        let row =
            "user image        at 0x200000, entry point 0x200020, holes of 1.9 MiB and 511 slots\n";
        assert!(text.contains(row), "{text}");
        let report: Value = serde_json::from_str(&inspect(&["--json"])).expect("JSON");
        assert_eq!(report["holes"], json!({ "slots": 511, "size": 511 * 4096 }));
    }
}

#[test]
fn usual_gaps_need_no_warning() {
    for gap in [0, 0x1000, 0x1_0000, 0x2_0000] {
        assert_eq!(folder(gap).accepted(&[]), "", "{gap:#x}");
    }
    assert_ne!(folder(0x2_0001).accepted(&[]), "");
}

fn check_refused(folder: &Folder, changes: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&folder.refused(changes));
}

#[test]
fn more_than_there_is_memory_or_slots() {
    let folder = folder(64 << 20);
    folder.put("config.json", CONFIG);
    folder.put("platform.yaml", PLATFORM);
    check_refused(
        &folder,
        &[
            ("--kernel-config", "config.json"),
            ("--platform", "platform.yaml"),
        ],
        &expect![[r#"
            error: --app app.elf: too few slots in the root CNode (rule root-cnode)
              expected: at most 4096 slots, 2^CONFIG_ROOT_CNODE_SIZE_BITS
              found: at most 16508 of 4096 slots: 16 fixed, 35 tables, 1 for the device tree, 0 for scheduling, 16389 for the user image, 67 for untyped memory
              help: build the kernel with a larger KernelRootCNodeSizeBits, or shrink the root task; link it with -z max-page-size=4096, or put the sections next to each other in its linker script, because 16383 of its pages are gaps between segments
        "#]],
    );
    folder.put("kernel.dtb", DeviceTree::with_ram(32 << 20).to_bytes());
    check_refused(
        &folder,
        &[],
        &expect![[r#"
        error: --app app.elf: no room for the root task in RAM
          expected: 67129344 free bytes below 0x7fc0000000
          found: RAM 0x40000000..0x42000000 (--dtb kernel.dtb), kernel 0x40000000..0x4023d000
          help: pass a platform with more RAM, or make the root task smaller; link it with -z max-page-size=4096, or put the sections next to each other in its linker script, because 16383 of its pages are gaps between segments
    "#]],
    );
}

/// Such gaps cost neither time nor memory of the builder.
#[test]
fn gap_as_large_as_the_address_space() {
    let folder = folder(1 << 38);
    assert!(folder.accepted(&[("--dtb", "")]).contains("67108863 slots"));
    folder.put("app.elf", app(1 << 46).to_bytes());
    folder.refused(&[("--dtb", "")]);
}
