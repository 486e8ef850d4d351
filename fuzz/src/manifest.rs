// SPDX-License-Identifier: BSD-2-Clause

//! Hostile component lists (`system.toml`) and component programs.
//!
//! An accepted list must start each component after those that it needs. The segments of an accepted program
//! must lie on separate pages, and none may be both writable and executable.

use std::collections::BTreeSet;

use kaal_devicetree::DeviceTree as Tree;
use kaal_manifest::{List, Program, generate};
use kaal_payload::PAGE_SIZE;

use crate::common::device_tree::DeviceTree;
use crate::common::elf::{Elf, ProgramHeader};
use crate::common::programs;
use crate::{Target, input};

/// A list with every key.
const ALL_KEYS: &str = r#"
[[component]]
name = "a"
binary = "b"
priority = 0xfe
memory = 4_096
slots = 1
stack = 4096
devices = ["arm,pl011"]
dma = [{ device = "arm,pl011", quiesce = { register = 0x30, value = 0, read-back = 0 } }]
provides = ["s"]
restart = { times = 3, back-off = 500 }
budget = 1
period = 2
affinity = 3
passive = true
operator = ["inspect", "tick"]
[[component]]
name = "c"
binary = "b"
priority = 1
memory = 1
slots = 1
needs = ["s"]
restart = "never"
"#;

/// The readers of component lists and of component programs. The first byte chooses one.
pub const MANIFEST: Target = Target {
    name: "manifest",
    run: |input| match input.split_first() {
        Some((selector, program)) if selector % 2 == 1 => run_program(program),
        Some((_, text)) => run_list(text),
        None => false,
    },
    seeds: || vec![input(0, ALL_KEYS.as_bytes()), input(1, &pages().to_bytes())],
};

/// The components of [`ALL_KEYS`].
pub(crate) fn list() -> List {
    List::read("list", ALL_KEYS).expect("a list")
}

/// A program that is linked like a component, with each segment on its own pages.
pub(crate) fn pages() -> Elf {
    let segments = [
        (ProgramHeader::READ_EXECUTE, 0x20_0000, 16),
        (ProgramHeader::READ_WRITE, 0x20_1000, 8),
    ];
    let headers = segments.map(|(flags, virt, size)| {
        ProgramHeader::load(flags, virt, programs::filled(size), 0x1000)
    });
    Elf::new(Elf::EXEC, 0x20_0000, headers.to_vec())
}

fn run_list(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else {
        return false;
    };
    let list = match List::read("list", text) {
        Ok(list) => list,
        Err(mistake) => {
            assert!((1..=text.lines().count() + 1).contains(&mistake.line));
            return false;
        }
    };
    let (mut names, mut provided) = (BTreeSet::new(), BTreeSet::new());
    for component in &list.components {
        assert!(names.insert(component.name.get_ref()));
        for need in &component.needs {
            assert!(provided.contains(need.get_ref()));
        }
        for service in &component.provides {
            assert!(provided.insert(service.get_ref()));
        }
        assert!(component.budget() <= *component.period.get_ref());
    }
    let blob = DeviceTree::with_ram(0x10_0000).to_bytes();
    let tree = Tree::parse(&blob).expect("a device tree");
    let _ = list.check_machine(&tree);
    let file = pages().to_bytes();
    let program = Program::read(&file).expect("a program");
    let mut code = String::new();
    for component in &list.components {
        generate(&mut code, component, &program, &[]).expect("room");
    }
    true
}

fn run_program(file: &[u8]) -> bool {
    let Ok(program) = Program::read(file) else {
        return false;
    };
    let mut free_from = PAGE_SIZE;
    for segment in &program.segments {
        assert!(segment.address / PAGE_SIZE * PAGE_SIZE >= free_from);
        assert!(segment.bytes.len() as u64 <= segment.size);
        let end = segment.address.checked_add(segment.size);
        free_from = end
            .and_then(|end| end.checked_next_multiple_of(PAGE_SIZE))
            .expect("an end");
    }
    for component in &list().components {
        generate(&mut String::new(), component, &program, &[]).expect("room");
    }
    true
}
