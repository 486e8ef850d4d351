// SPDX-License-Identifier: BSD-2-Clause

//! Hostile device trees. A user gives them to the builder and the root task, and a firmware to the loader.
//!
//! Writing to `/chosen` must change nothing else, and an image must lie in the RAM that the tree names.

use arbitrary::{Arbitrary, Unstructured};
use kaal_devicetree::{Availability, Chosen, DeviceTree, Facts, MemoryKind, NoRoom};
use kaal_payload::{PhysAddr, PhysRange};

use crate::common::device_tree::{Core, DeviceTree as Sample};
use crate::inputs::{Content, RAM};
use crate::nodes::Tree;
use crate::{Target, input, manifest};

/// The RAM that the builder assumes if the device tree names none.
const ASSUMED_RAM: PhysRange = PhysRange {
    start: RAM.start,
    end: PhysAddr(511 << 30),
};

/// The readers of device trees. The first byte chooses: the rest is a device tree, or one is generated from it.
pub const DEVICE_TREE: Target = Target {
    name: "device_tree",
    run: |input| {
        let Some((&selector, rest)) = input.split_first() else {
            return false;
        };
        match selector % 2 {
            0 => run(rest),
            _ => Tree::arbitrary_take_rest(Unstructured::new(rest))
                .is_ok_and(|tree| run(&tree.to_bytes())),
        }
    },
    seeds: || {
        let machine = Sample {
            reserved: vec![(0x4070_0000, 0x1000)],
            no_map: vec![(0x4078_0000, 0x1000)],
            cores: Core::all([0, 1]),
            ..Sample::with_ram(0x100_0000)
        };
        let board = Sample {
            console: "ns16550a",
            cores: vec![Core::polling(1, 0xd8)],
            ..Sample::with_ram(0x100_0000)
        };
        [machine, board]
            .map(|tree| input(0, &tree.to_bytes()))
            .into()
    },
};

fn run(blob: &[u8]) -> bool {
    if let Ok(tree) = DeviceTree::parse(blob) {
        check_answers(&tree);
        for boot_arguments in [&b""[..], b"quiet\0"] {
            check_chosen(&tree, boot_arguments);
        }
        let _ = manifest::list().check_machine(&tree);
    }
    build(blob)
}

/// Makes the loader's queries.
fn check_answers(tree: &DeviceTree<'_>) {
    kaal_devicetree::misunderstood(tree);
    kaal_devicetree::stdout(tree);
    assert_eq!(tree.misplaced(), None);
    if let Ok(facts) = Facts::of(tree) {
        for &(kind, memory) in &*facts.memory {
            assert!(memory.start <= memory.end);
            if kind == MemoryKind::Ram && !memory.is_empty() {
                assert_ne!(facts.availability(memory), Availability::NotRam);
            }
        }
        facts.availability(RAM);
    }
    for place in tree.walk() {
        place.reg().for_each(drop);
    }
}

/// Checks that properties written to `/chosen` can be read, and that nothing else changes.
fn check_chosen(tree: &DeviceTree<'_>, boot_arguments: &[u8]) {
    let chosen = Chosen {
        measurement: &[0x5a; 32],
        boot_arguments,
    };
    let Err(NoRoom { needed }) = chosen.write(tree, &mut []) else {
        panic!("a device tree without bytes");
    };
    let mut blob = vec![0xa5; needed];
    assert_eq!(chosen.write(tree, &mut blob), Ok(needed));
    assert!(chosen.write(tree, &mut vec![0; needed - 1]).is_err());
    let written = DeviceTree::parse(&blob).expect("a device tree");

    let node = written.find(b"/chosen").expect("/chosen").node();
    assert_eq!(node.property(b"kaal,measurement"), Some(&[0x5a; 32][..]));
    if !boot_arguments.is_empty() {
        assert_eq!(node.property(b"bootargs"), Some(boot_arguments));
    }
    match (Facts::of(tree), Facts::of(&written)) {
        (Ok(before), Ok(after)) => {
            assert_eq!(*before.memory, *after.memory);
            assert_eq!(*before.cpus, *after.cpus);
            assert_eq!(before.machine, after.machine);
        }
        (before, after) => assert_eq!(before.err(), after.err()),
    }
    let added = usize::from(tree.find(b"/chosen").is_none());
    assert_eq!(tree.walk().count() + added, written.walk().count());
}

/// Builds an image with the device tree `blob`. Returns whether the builder accepts it.
fn build(blob: &[u8]) -> bool {
    let facts = Facts::parse(blob).map(|(_, facts)| facts);
    let memory = |kind| facts.iter().flat_map(move |facts| facts.memory_of(kind));
    let mut ram: Vec<_> = memory(MemoryKind::Ram).collect();
    ram.retain(|bank| !bank.is_empty());
    if ram.is_empty() {
        ram.push(ASSUMED_RAM);
    }
    let content = Content {
        device_tree: blob.to_vec(),
        ..Content::well_formed()
    };
    let Some(image) = content.build(&ram) else {
        return false;
    };
    if ram != [ASSUMED_RAM] {
        for no_map in memory(MemoryKind::NoMap) {
            let mut entries = image.memory_map.entries().iter();
            assert!(entries.all(|entry| !entry.memory.overlaps(no_map)));
        }
    }
    true
}
