// SPDX-License-Identifier: BSD-2-Clause

//! Lists of components that need more than the machine has.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_broker::{Device, Interrupt, Quiesce};
use kaal_devicetree::DeviceTree;
use kaal_manifest::{List, Purpose};
use vm_fdt::FdtWriter;

const RAM: u64 = 1 << 20;

/// The phandle of the interrupt controller.
const GIC: u32 = 1;

/// Returns the device tree of a machine with 1 MiB of RAM and three devices, of which two share a page.
fn tree() -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    let root = fdt.begin_node("").unwrap();
    fdt.property_u32("#address-cells", 2).unwrap();
    fdt.property_u32("#size-cells", 2).unwrap();
    fdt.property_u32("interrupt-parent", GIC).unwrap();
    let gic = fdt.begin_node("gic").unwrap();
    fdt.property_u32("#interrupt-cells", 3).unwrap();
    fdt.property_phandle(GIC).unwrap();
    fdt.end_node(gic).unwrap();
    let memory = fdt.begin_node("memory@40000000").unwrap();
    fdt.property_string("device_type", "memory").unwrap();
    fdt.property_array_u64("reg", &[0x4000_0000, RAM]).unwrap();
    fdt.end_node(memory).unwrap();
    for (name, address) in [
        ("pl011", 0x900_0000u64),
        ("pl031", 0x901_0000),
        ("gpio", 0x901_0800),
    ] {
        let node = fdt.begin_node(&format!("{name}@{address:x}")).unwrap();
        fdt.property_string("compatible", &format!("arm,{name}"))
            .unwrap();
        fdt.property_array_u64("reg", &[address, 0x800]).unwrap();
        fdt.end_node(node).unwrap();
    }
    let timer = fdt.begin_node("timer").unwrap();
    fdt.property_string("compatible", "arm,armv8-timer")
        .unwrap();
    let interrupts = [13, 14, 11, 10].map(|number| [1, number, 4]);
    fdt.property_array_u32("interrupts", interrupts.as_flattened())
        .unwrap();
    fdt.end_node(timer).unwrap();
    let chosen = fdt.begin_node("chosen").unwrap();
    fdt.property_string("stdout-path", "/gpio@9010800").unwrap();
    fdt.end_node(chosen).unwrap();
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
    List::read("list", text).unwrap()
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
    assert_eq!(
        mistake(&component("a", 1, "arm,pl11")),
        "list:7: \"arm,pl11\": the device tree has no such device; did you mean \"arm,pl011\"?"
    );
}

#[test]
fn quotas_larger_than_memory_are_refused_at_the_first_too_many() {
    let text = component("a", RAM, "arm,pl011") + &component("b", 1, "arm,pl031\", \"arm,gpio");
    assert_eq!(
        mistake(&text),
        "list:12: memory = 1: at most 0 expected, the rest of the machine's 1048576 bytes"
    );
}

#[test]
fn a_device_of_two_components_is_refused() {
    for (first, second) in [
        ("arm,pl011", "/pl011"),
        ("arm,pl031\", \"arm,gpio", "arm,gpio"),
    ] {
        let text = component("a", 1, first) + &component("b", 1, second);
        assert_eq!(
            mistake(&text),
            format!(
                "list:14: {second:?}: the registers belong to \"a\" in line 7: give each device, \
                 and each page with registers, to one component"
            )
        );
    }
}

#[test]
fn only_the_timer_that_the_kernel_does_not_use_is_granted() {
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let timer = Device::find(&tree, "arm,armv8-timer").unwrap();
    assert!(timer.registers.is_empty());
    let interrupt = Interrupt {
        number: 30,
        is_edge: false,
    };
    assert_eq!(timer.interrupts, [interrupt]);
    assert!(interrupt.is_private());
}

#[test]
fn the_timer_of_two_components_is_refused() {
    let text = component("a", 1, "/timer\", \"arm,armv8-timer") + &component("b", 1, "/timer");
    let expected =
        "list:14: \"/timer\": the timer belongs to \"a\" in line 7: give it to one component";
    assert_eq!(mistake(&text), expected);
}

#[test]
fn a_page_with_registers_of_other_devices_is_refused() {
    let alone = component("a", 1, "arm,gpio");
    assert_eq!(
        mistake(&alone),
        "list:7: \"arm,gpio\": a page of its registers has those of arm,pl031 at 0x9010000 too, and \
         the component gets whole pages: add arm,pl031 to its `devices`, or use another device"
    );
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let both = list(&component("a", 1, "arm,gpio\", \"arm,pl031"));
    assert_eq!(both.check_machine(&tree), Ok(()));
}

#[test]
fn the_console_may_share_its_page() {
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let console = list(&component("a", 1, "stdout-path"));
    assert_eq!(console.check_machine(&tree), Ok(()));
}

#[test]
fn registers_that_quiet_a_device_are_found() {
    let dma = |entry: &str| format!("{}dma = [{entry}]\n", component("a", 1, "arm,pl011"));
    let entry = |register: u64| {
        format!(
            "{{ device = \"arm,pl011\", quiesce = {{ register = {register}, value = 1, read-back = \
             2 }} }}"
        )
    };
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let text = dma(&format!("{}, {{ device = \"arm,pl011\" }}", entry(0x7fc)));
    let found = list(&text);
    let found = found.dma(&found.components[0], &tree).unwrap();
    let quiesce = Quiesce {
        register: 0x900_07fc,
        value: 1,
        read_back: 2,
    };
    assert_eq!(found, [Some(quiesce), None]);
    for register in [0x800, 2, u64::MAX >> 1] {
        assert_eq!(
            mistake(&dma(&entry(register))),
            format!(
                "list:8: register = {register:#x}: a multiple of 4 below 0x800 expected, the size of \
                 the registers of \"arm,pl011\""
            )
        );
    }
}

#[test]
fn a_core_that_the_kernel_does_not_run_on_is_refused() {
    let text = component("a", 1, "arm,pl011") + "affinity = 2\n";
    assert_eq!(list(&text).check_cores(3), Ok(()));
    assert_eq!(
        list(&text).check_cores(2).unwrap_err().to_string(),
        "list:8: affinity = 2: a core from 0 to 1 expected, because the kernel runs on 2: write another \
         core, or build the kernel with KernelMaxNumNodes=3"
    );
}

#[test]
fn only_development_may_replace_programs() {
    let blob = tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = component("a", 1, "arm,pl011") + "operator = [\"inspect\", \"reload\"]\n";
    std::fs::write(file.path(), text).unwrap();
    let open = |purpose| List::open(file.path(), "list", &tree, &[], purpose);
    assert_eq!(
        open(Purpose::Production).unwrap_err().to_string(),
        "list:2: operator of \"a\": \"reload\" is only for development: leave it out; `cargo xtask watch` adds a \
         component with it"
    );
    assert_eq!(open(Purpose::Development).unwrap().components.len(), 1);
}
