// SPDX-License-Identifier: BSD-2-Clause

//! Lists of components that need more than the machine has.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_devicetree::DeviceTree;
use kaal_manifest::List;
use vm_fdt::FdtWriter;

const RAM: u64 = 1 << 20;

/// Returns the device tree of a machine with 1 MiB of RAM and a PL011.
fn tree() -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    let root = fdt.begin_node("").unwrap();
    fdt.property_u32("#address-cells", 2).unwrap();
    fdt.property_u32("#size-cells", 2).unwrap();
    let memory = fdt.begin_node("memory@40000000").unwrap();
    fdt.property_string("device_type", "memory").unwrap();
    fdt.property_array_u64("reg", &[0x4000_0000, RAM]).unwrap();
    fdt.end_node(memory).unwrap();
    let serial = fdt.begin_node("pl011@9000000").unwrap();
    fdt.property_string("compatible", "arm,pl011").unwrap();
    fdt.property_array_u64("reg", &[0x900_0000, 0x1000])
        .unwrap();
    fdt.end_node(serial).unwrap();
    fdt.end_node(root).unwrap();
    fdt.finish().unwrap()
}

fn component(name: &str, memory: u64, device: &str) -> String {
    format!(
        "[[component]]\nname = \"{name}\"\nbinary = \"missing\"\npriority = 1\n\
         memory = {memory}\nslots = 1\ndevices = [\"{device}\"]\n"
    )
}

fn list(text: &str) -> List {
    List::read(text).unwrap()
}

fn mistake(text: &str) -> String {
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let mistake = list(text).check_machine(&tree).unwrap_err();
    mistake.to_string()
}

#[test]
fn a_list_that_fits_the_machine_is_accepted() {
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let list = list(&component("a", RAM, "arm,pl011"));
    assert_eq!(list.check_machine(&tree), Ok(()));
}

#[test]
fn a_device_that_the_machine_lacks_is_named() {
    let mistake = mistake(&component("a", 1, "arm,pl031"));
    assert!(
        mistake.starts_with("line 7: devices: \"arm,pl031\": "),
        "{mistake}"
    );
}

#[test]
fn quotas_larger_than_memory_are_refused_at_the_first_too_many() {
    let text = component("a", RAM, "arm,pl011") + &component("b", 1, "arm,pl011");
    assert_eq!(
        mistake(&text),
        "line 12: memory: 1 bytes requested, 0 of the machine's 1048576 bytes left"
    );
}

#[test]
fn a_missing_binary_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let list = list(&component("a", 1, "arm,pl011"));
    let mistake = list
        .load(&list.components[0], folder.path())
        .unwrap_err()
        .to_string();
    let file = folder.path().join("missing");
    let expected = format!(
        "line 3: binary: \"missing\": failed to read {}",
        file.display()
    );
    assert!(mistake.starts_with(&expected), "{mistake}");
}
