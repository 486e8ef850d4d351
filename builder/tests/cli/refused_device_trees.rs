// SPDX-License-Identifier: BSD-2-Clause

//! Tests of invalid device trees, and of unusual but harmless ones.

use expect_test::{Expect, expect};
use vm_fdt::{FdtWriter, FdtWriterResult};

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;

const RAM: [u32; 4] = [0, 0x4000_0000, 0, 0x1000_0000];

fn folder(device_tree: Vec<u8>) -> Folder {
    let folder = Folder::new();
    folder.put("kernel.dtb", device_tree);
    folder
}

fn check(device_tree: Vec<u8>, expected: &Expect) {
    expected.assert_eq(&folder(device_tree).refused(&[]));
}

fn good() -> Vec<u8> {
    DeviceTree::with_ram(0x1000_0000).to_bytes()
}

/// A device tree of a root node with `content`.
fn tree(content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>) -> Vec<u8> {
    let write = || {
        let mut fdt = FdtWriter::new()?;
        let root = fdt.begin_node("")?;
        content(&mut fdt)?;
        fdt.end_node(root)?;
        fdt.finish()
    };
    write().expect("a valid device tree")
}

fn cells(fdt: &mut FdtWriter, address: u32, size: u32) -> FdtWriterResult<()> {
    fdt.property_u32("#address-cells", address)?;
    fdt.property_u32("#size-cells", size)
}

fn memory(fdt: &mut FdtWriter, reg: &[u32]) -> FdtWriterResult<()> {
    let memory = fdt.begin_node("memory@40000000")?;
    fdt.property_string("device_type", "memory")?;
    fdt.property_array_u32("reg", reg)?;
    fdt.end_node(memory)
}

#[test]
fn bad_magic() {
    let mut blob = good();
    blob[3] ^= 1;
    check(
        blob,
        &expect![[r#"
            error: --dtb kernel.dtb: not a well-formed device tree
              expected: a flattened device tree (.dtb) of version 17
              found: a file of unknown kind that begins with d0 0d fe ec 00 00 01 6a
              help: compile it with dtc, or pass the kernel.dtb of seL4's build
        "#]],
    );
}

/// Bytes that follow no rule, the same in each run.
fn garbage(size: usize) -> Vec<u8> {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    };
    std::iter::repeat_n((), size)
        .scan(1, |state, ()| step(state))
        .collect()
}

#[test]
fn a_mebibyte_of_garbage() {
    check(
        garbage(1 << 20),
        &expect![[r#"
            error: --dtb kernel.dtb: not a well-formed device tree
              expected: a flattened device tree (.dtb) of version 17
              found: a file of unknown kind that begins with 3c 5e 81 b4 0c 5e c6 8e
              help: compile it with dtc, or pass the kernel.dtb of seL4's build
        "#]],
    );
}

#[test]
fn a_mebibyte_of_garbage_behind_a_header() {
    const SIZE: usize = 1 << 20;
    let mut blob = good();
    blob.truncate(40);
    blob.extend(garbage(SIZE - 40));
    blob[4..8].copy_from_slice(&(SIZE as u32).to_be_bytes());
    blob[36..40].copy_from_slice(&(SIZE as u32 / 2).to_be_bytes());
    check(
        blob,
        &expect![[r#"
        error: --dtb kernel.dtb: not a well-formed device tree
          expected: a flattened device tree (.dtb) of version 17
          found: the structure block is malformed at offset 0x0
          help: compile it with dtc, or pass the kernel.dtb of seL4's build
    "#]],
    );
}

#[test]
fn nodes_without_end() {
    let blob = tree(|fdt| {
        let nodes: Result<Vec<_>, _> = (0..16).map(|_| fdt.begin_node("deeper")).collect();
        nodes?
            .into_iter()
            .rev()
            .try_for_each(|node| fdt.end_node(node))
    });
    check(
        blob,
        &expect![[r#"
        error: --dtb kernel.dtb: not a well-formed device tree
          expected: a flattened device tree (.dtb) of version 17
          found: nodes are nested more than 16 deep
          help: compile it with dtc, or pass the kernel.dtb of seL4's build
    "#]],
    );
}

#[test]
fn memory_of_half_an_entry() {
    let blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt, &RAM[1..3])
    });
    check(
        blob,
        &expect![[r#"
            error: --dtb kernel.dtb: describes RAM in an unknown way
              expected: a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in /reserved-memory
              found: the node memory@40000000 with a `reg` of 8 bytes, but entries of 16 bytes by #address-cells and #size-cells
              help: correct the node in the device tree's source
        "#]],
    );
}

#[test]
fn memory_past_the_address_space() {
    let blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt, &[u32::MAX, 0, 1, 0])
    });
    check(
        blob,
        &expect![[r#"
            error: --dtb kernel.dtb: describes RAM in an unknown way
              expected: a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in /reserved-memory
              found: the node memory@40000000 beyond 2^64
              help: correct the node in the device tree's source
        "#]],
    );
}

#[test]
fn cells_of_no_number() {
    let blob = tree(|fdt| {
        cells(fdt, u32::MAX, u32::MAX)?;
        memory(fdt, &RAM)
    });
    check(
        blob,
        &expect![[r#"
            error: --dtb kernel.dtb: describes RAM in an unknown way
              expected: a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in /reserved-memory
              found: the node memory@40000000 with a `reg` of 16 bytes, but entries of 34359738360 bytes by #address-cells and #size-cells
              help: correct the node in the device tree's source
        "#]],
    );
}

/// A `reg` that could mean 1 GiB from 0 on, or 256 MiB from 1 GiB on.
#[test]
fn cells_of_another_width() {
    let blob = tree(|fdt| {
        cells(fdt, 1, 1)?;
        memory(fdt, &RAM)
    });
    check(
        blob,
        &expect![[r#"
            error: --kernel kernel.elf: the kernel lies outside RAM
              expected: a place within 0x0..0x40000000 (--dtb kernel.dtb)
              found: 0x40000000..0x4023d000
              help: pass the kernel.dtb of the kernel's build, or build the kernel for the machine of this device tree
        "#]],
    );
}

#[test]
fn reserved_memory_without_ranges() {
    let blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt, &RAM)?;
        let reserved = fdt.begin_node("reserved-memory")?;
        cells(fdt, 2, 2)?;
        let firmware = fdt.begin_node("firmware@41000000")?;
        fdt.property_array_u32("reg", &[0, 0x4100_0000, 0, 0x1000])?;
        fdt.end_node(firmware)?;
        fdt.end_node(reserved)
    });
    check(
        blob,
        &expect![[r#"
            error: --dtb kernel.dtb: describes RAM in an unknown way
              expected: a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in /reserved-memory
              found: the node firmware@41000000, whose parent has no `ranges` for it
              help: correct the node in the device tree's source
        "#]],
    );
}

#[test]
fn no_memory_node() {
    let blob = tree(|fdt| cells(fdt, 2, 2));
    expect![[r#"
        warning: --dtb kernel.dtb: names no console for the loader
          expected: a /chosen/stdout-path to a supported UART
          found: /chosen has no stdout-path, and neither seL4,elfloader-devices nor the alias serial0 names a supported UART
          help: set stdout-path; without a console, the loader prints no errors
        warning: --kernel kernel.elf: placed without knowledge of the RAM
          expected: a --dtb with a memory node, or a --platform
          found: neither
          help: pass one of them, so that the builder can check the image against RAM
    "#]]
    .assert_eq(&folder(blob).accepted(&[]));
}

/// A tree with a console, and with the memory node that `memory` writes.
fn tree_with_console(memory: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>) -> Vec<u8> {
    tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt)?;
        let aliases = fdt.begin_node("aliases")?;
        fdt.property_string("serial0", "/serial@9000000")?;
        fdt.end_node(aliases)?;
        let uart = fdt.begin_node("serial@9000000")?;
        fdt.property_string("compatible", "arm,pl011")?;
        fdt.property_array_u32("reg", &[0, 0x900_0000, 0, 0x1000])?;
        fdt.end_node(uart)
    })
}

/// As in the trees of boards whose firmware knows how much RAM there is.
#[test]
fn memory_for_firmware_to_fill_in() {
    for reg in [&[][..], &[0; 4], &[0, 0x4000_0000, 0, 0], &[0; 8]] {
        let folder = folder(tree_with_console(|fdt| memory(fdt, reg)));
        expect![[r#"
            warning: --kernel kernel.elf: placed without knowledge of the RAM
              expected: a --dtb with a memory node, or a --platform
              found: the node memory@40000000 (--dtb kernel.dtb) without RAM, which firmware fills in at boot
              help: pass the platform_gen.yaml of seL4's build as --platform, or a device tree with the RAM, such as /sys/firmware/fdt of a Linux on this machine
        "#]]
        .assert_eq(&folder.accepted(&[]));
        let platform = "memory:\n- end: 0x60000000\n  start: 0x40000000\n";
        folder.put("platform.yaml", platform);
        assert_eq!(folder.accepted(&[("--platform", "platform.yaml")]), "");
    }
}

#[test]
fn memory_that_no_reader_takes_for_ram() {
    let accepted = |status| {
        let blob = tree_with_console(|fdt| {
            let memory = fdt.begin_node("memory@40000000")?;
            fdt.property_array_u32("reg", &[0, 0x4000_0000, 0, 0x1000_0000])?;
            fdt.property_string("status", status)?;
            fdt.end_node(memory)
        });
        folder(blob).accepted(&[])
    };
    expect![[r#"
        warning: --kernel kernel.elf: placed without knowledge of the RAM
          expected: a --dtb with a memory node, or a --platform
          found: the node memory@40000000 (--dtb kernel.dtb) without device_type = "memory", which marks RAM
          help: add the property to the device tree's source, or pass a --platform
    "#]].assert_eq(&accepted("okay"));
    expect![[r#"
        warning: --kernel kernel.elf: placed without knowledge of the RAM
          expected: a --dtb with a memory node, or a --platform
          found: the node memory@40000000 (--dtb kernel.dtb) whose status isn't "okay"
          help: enable the node in the device tree's source, or pass a --platform
    "#]]
    .assert_eq(&accepted("disabled"));
}

/// Nothing follows phandles, and no alias leads to another.
#[test]
fn circles_do_no_harm() {
    let blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        fdt.property_u32("interrupt-parent", 1)?;
        memory(fdt, &RAM)?;
        for (name, own, other) in [("one", 1, 2), ("other", 2, 1), ("third", 2, 2)] {
            let node = fdt.begin_node(name)?;
            fdt.property_phandle(own)
                .or_else(|_| fdt.property_u32("phandle", own))?;
            fdt.property_u32("interrupt-parent", other)?;
            fdt.end_node(node)?;
        }
        let aliases = fdt.begin_node("aliases")?;
        fdt.property_string("serial0", "serial1")?;
        fdt.property_string("serial1", "serial0")?;
        fdt.end_node(aliases)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "serial0")?;
        fdt.end_node(chosen)
    });
    expect![[r#"
        warning: --dtb kernel.dtb: names no console for the loader
          expected: a /chosen/stdout-path to a supported UART
          found: stdout-path names serial1, which does not exist
          help: set stdout-path; without a console, the loader prints no errors
    "#]]
    .assert_eq(&folder(blob).accepted(&[]));
}

/// A tree in which the property `late` of the root's subnode `late` follows that subnode.
fn property_behind_a_subnode() -> Vec<u8> {
    let mut blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt, &RAM)?;
        let node = fdt.begin_node("late")?;
        fdt.property_u32("late", 0xa5a5_a5a5)?;
        fdt.end_node(node)
    });
    let value = blob.windows(4).position(|value| value == [0xa5; 4]);
    let start = value.expect("the property") - 12;
    // The token behind the property ends the subnode.
    blob[start..start + 20].rotate_right(4);
    blob
}

#[test]
fn properties_behind_subnodes() {
    check(
        property_behind_a_subnode(),
        &expect![[r#"
        error: --dtb kernel.dtb: has a property that most readers ignore
          expected: all properties of a node before its subnodes
          found: the property late behind a subnode
          help: put them in order with `dtc -I dtb -O dtb -o OUT FILE`, and pass OUT
    "#]],
    );
}

#[test]
fn disabled_console() {
    let blob = |status: &str| {
        tree(|fdt| {
            cells(fdt, 2, 2)?;
            memory(fdt, &RAM)?;
            let uart = fdt.begin_node("pl011@9000000")?;
            fdt.property_string("compatible", "arm,pl011")?;
            fdt.property_array_u32("reg", &[0, 0x900_0000, 0, 0x1000])?;
            fdt.property_string("status", status)?;
            fdt.end_node(uart)?;
            let aliases = fdt.begin_node("aliases")?;
            fdt.property_string("serial0", "/pl011@9000000")?;
            fdt.end_node(aliases)?;
            let chosen = fdt.begin_node("chosen")?;
            fdt.property_string("stdout-path", "serial0:115200n8")?;
            fdt.end_node(chosen)
        })
    };
    for status in ["disabled", "reserved", "fail-dma"] {
        let messages = folder(blob(status)).accepted(&[]);
        expect![[r#"
            warning: --dtb kernel.dtb: names a disabled UART as console
              expected: a /chosen/stdout-path to a UART whose `status` is okay
              found: pl011@9000000 with the `status` disabled
              help: name another UART, or enable this one; the loader prints on it all the same, and may stop without a message if it is off or belongs to other software
        "#]]
        .assert_eq(&messages.replace(status, "disabled"));
    }
    assert_eq!(folder(blob("okay")).accepted(&[]), "");
}

#[test]
fn more_banks_than_the_loader_can_list() {
    let banks: Vec<u32> = (0..129)
        .flat_map(|bank| [0, bank * 0x2000, 0, 0x1000])
        .collect();
    let blob = tree(|fdt| {
        cells(fdt, 2, 2)?;
        memory(fdt, &banks)
    });
    check(
        blob,
        &expect![[r#"
        error: --dtb kernel.dtb: names more than KaaL can list
          expected: at most 128 ranges of memory
          found: more
          help: remove those that seL4 doesn't need from the device tree's source
    "#]],
    );
}
