// SPDX-License-Identifier: BSD-2-Clause

//! Tests of root tasks whose note holds the configuration of the kernel that they were compiled for.

use expect_test::{Expect, expect};

use crate::common::folder::Folder;
use crate::common::programs::{self, HYPERVISOR_BASE};

/// The option that passes the kernel's configuration.
const GIVEN: (&str, &str) = ("--kernel-config", "config.json");

/// A configuration with these settings.
fn config(settings: &str) -> String {
    let needed = r#""ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "1""#;
    format!("{{{needed}, {settings}}}")
}

/// A folder whose root task was compiled for a kernel with the settings `of_app`, and whose kernel has `of_kernel`.
fn folder(of_app: &str, of_kernel: &str) -> Folder {
    let folder = Folder::new();
    let mut app = programs::app().to_bytes();
    app.resize(app.len().next_multiple_of(4), 0);
    let numbers = [5, of_app.len() as u32, 5].map(u32::to_le_bytes);
    app.extend(numbers.as_flattened());
    app.extend(b"KaaL\0\0\0\0");
    app.extend(of_app.as_bytes());
    folder.put("app.elf", app);
    folder.put("config.json", of_kernel);
    folder
}

fn refused(folder: &Folder, changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&folder.refused(changes));
}

#[test]
fn another_kernel() {
    let mcs = config(r#""KERNEL_MCS": true, "PRINTING": true, "DEBUG_BUILD": true"#);
    let release = config(r#""KERNEL_MCS": false, "PRINTING": false, "DEBUG_BUILD": true"#);
    refused(
        &folder(&mcs, &release),
        &[GIVEN],
        expect![[r#"
        error: --app app.elf: compiled for another kernel
          expected: KERNEL_MCS false, PRINTING false, as in the kernel
          found: KERNEL_MCS true, PRINTING true
          help: build the root task again, with SEL4_PREFIX set to the folder of this kernel
    "#]],
    );
    folder(&mcs, &release).accepted(&[]);
}

#[test]
fn another_exception_level() {
    let ordinary = config(r#""PRINTING": true"#);
    let folder = folder(&ordinary, "");
    folder.put("kernel.elf", programs::kernel(HYPERVISOR_BASE).to_bytes());
    refused(
        &folder,
        &[],
        expect![[r#"
        error: --app app.elf: compiled for another kernel
          expected: ARM_HYPERVISOR_SUPPORT true, as in the kernel
          found: ARM_HYPERVISOR_SUPPORT false
          help: build the root task again, with SEL4_PREFIX set to the folder of this kernel
    "#]],
    );
}

#[test]
fn the_same_interface() {
    let one = config(r#""KERNEL_MCS": false, "PLAT": "zynqmp""#);
    let other = config(r#""KERNEL_MCS": false, "PLAT": "qemu-arm-virt""#);
    folder(&one, &other).accepted(&[GIVEN]);
    folder(&one, &one).accepted(&[GIVEN]);
}

#[test]
fn no_configuration() {
    refused(
        &folder("[", ""),
        &[],
        expect![[r#"
        error: --app app.elf: invalid content
          expected: seL4's gen_config.json
          found: while parsing a node, did not find expected node content at byte 1 line 2 column 1
          help: pass the file of seL4's build
    "#]],
    );
}
