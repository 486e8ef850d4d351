// SPDX-License-Identifier: BSD-2-Clause

//! Tests that writing `/chosen` adds the properties and changes nothing else.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_devicetree::{Chosen, DeviceTree, Header, NoRoom};
use proptest::prelude::*;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

const MEASUREMENT: [u8; 32] = [0xa5; 32];
const BOOT_ARGUMENTS: &[u8] = b"console=ttyAMA0\0";
const CHOSEN: Chosen<'_> = Chosen {
    measurement: &MEASUREMENT,
    boot_arguments: BOOT_ARGUMENTS,
};

type Property = (Vec<u8>, Vec<u8>);

/// A node to write: its name, properties and children.
#[derive(Clone, Debug, Default)]
struct Node {
    name: &'static str,
    properties: Vec<(&'static str, Vec<u8>)>,
    children: Vec<Node>,
}

/// How a tree is laid out.
#[derive(Clone, Debug)]
struct Layout {
    reservations: Vec<[u64; 2]>,
    boot_cpu: u32,
    /// Tokens that mean nothing, before each that does.
    nops: usize,
    /// Bytes behind the structure block's last token, and behind the last block.
    gap: usize,
    padding: usize,
    /// Whether the strings come before the structure.
    strings_first: bool,
}

const TIGHT: Layout = Layout {
    reservations: Vec::new(),
    boot_cpu: 0,
    nops: 0,
    gap: 0,
    padding: 0,
    strings_first: false,
};

/// Writes tokens and strings.
#[derive(Default)]
struct Blocks {
    structure: Vec<u8>,
    strings: Vec<u8>,
    nops: usize,
}

impl Blocks {
    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }

    fn token(&mut self, token: u32) {
        (0..self.nops).for_each(|_| self.word(NOP));
        self.word(token);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.structure.extend(bytes);
        self.structure
            .resize(self.structure.len().next_multiple_of(4), 0);
    }

    fn node(&mut self, node: &Node) {
        self.token(BEGIN_NODE);
        self.bytes(format!("{}\0", node.name).as_bytes());
        for (name, value) in &node.properties {
            self.token(PROPERTY);
            self.word(value.len() as u32);
            self.word(self.strings.len() as u32);
            self.strings.extend(name.bytes().chain([0]));
            self.bytes(value);
        }
        node.children.iter().for_each(|child| self.node(child));
        self.token(END_NODE);
    }
}

fn write(root: &Node, layout: &Layout) -> Vec<u8> {
    let mut blocks = Blocks {
        nops: layout.nops,
        ..Blocks::default()
    };
    blocks.node(root);
    blocks.token(END);
    let mut structure = blocks.structure;
    structure.resize(structure.len() + layout.gap, 0x5a);
    let mut reservations: Vec<u8> = Vec::new();
    for entry in layout.reservations.iter().chain([&[0; 2]]) {
        reservations.extend(entry.iter().flat_map(|word| word.to_be_bytes()));
    }

    let first = 40 + reservations.len();
    let (structure_start, strings_start) = match layout.strings_first {
        true => ((first + blocks.strings.len()).next_multiple_of(4), first),
        false => (first, first + structure.len()),
    };
    let end = (structure_start + structure.len()).max(strings_start + blocks.strings.len());
    let mut blob = vec![0; end + layout.padding];
    blob[40..first].copy_from_slice(&reservations);
    blob[structure_start..][..structure.len()].copy_from_slice(&structure);
    blob[strings_start..][..blocks.strings.len()].copy_from_slice(&blocks.strings);
    let header = [
        0xd00d_feed,
        blob.len() as u32,
        structure_start as u32,
        strings_start as u32,
        40,
        17,
        16,
        layout.boot_cpu,
        blocks.strings.len() as u32,
        structure.len() as u32,
    ];
    for (place, word) in blob.chunks_mut(4).zip(header) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    blob
}

/// All that a tree says: nodes by their depth and name, and their properties.
fn content(tree: &DeviceTree<'_>) -> Vec<(usize, Vec<u8>, Vec<Property>)> {
    tree.walk()
        .map(|place| {
            let properties = place.node().properties();
            let properties =
                properties.map(|property| (property.name.to_vec(), property.value.to_vec()));
            (
                place.depth(),
                place.node().name().to_vec(),
                properties.collect(),
            )
        })
        .collect()
}

/// The expected content of `tree` after `/chosen` is written.
fn expected(tree: &DeviceTree<'_>, chosen: &Chosen<'_>) -> Vec<(usize, Vec<u8>, Vec<Property>)> {
    let version = format!("{}\0", env!("CARGO_PKG_VERSION"));
    let mut settings: Vec<Property> = vec![
        (b"kaal,version".to_vec(), version.into_bytes()),
        (b"kaal,measurement".to_vec(), chosen.measurement.to_vec()),
    ];
    if !chosen.boot_arguments.is_empty() {
        settings.push((b"bootargs".to_vec(), chosen.boot_arguments.to_vec()));
    }
    let mut content = content(tree);
    let is_chosen = |(depth, name, _): &(usize, Vec<u8>, _)| {
        *depth == 2 && (name == b"chosen" || name.starts_with(b"chosen@"))
    };
    match content.iter_mut().find(|node| is_chosen(node)) {
        Some((_, _, properties)) => {
            properties.retain(|(name, _)| settings.iter().all(|(set, _)| set != name));
            properties.extend(settings);
        }
        None => content.insert(1, (2, b"chosen".to_vec(), settings)),
    }
    content
}

/// Writes `chosen` into the tree that `blob` holds, and checks the result.
fn check(blob: &[u8], chosen: &Chosen<'_>) -> Vec<u8> {
    let tree = DeviceTree::parse(blob).unwrap();
    let mut out = vec![0xee; blob.len() + 4096];
    let size = chosen.write(&tree, &mut out).unwrap();
    assert!(out[size..].iter().all(|&byte| byte == 0xee));
    out.truncate(size);

    let written = DeviceTree::parse(&out).unwrap();
    assert_eq!(content(&written), expected(&tree, chosen));
    let reservations: Vec<_> = tree.reservations().collect();
    assert_eq!(written.reservations().collect::<Vec<_>>(), reservations);
    let header = Header::parse(&out).unwrap();
    assert_eq!(header.boot_cpu(), Header::parse(blob).unwrap().boot_cpu());
    assert_eq!(header.total_size(), size);
    assert_eq!(header.used_size().next_multiple_of(8), size);
    out
}

fn machine(chosen: Vec<Node>) -> Node {
    let memory = Node {
        name: "memory@40000000",
        properties: vec![("device_type", b"memory\0".to_vec())],
        ..Node::default()
    };
    Node {
        properties: vec![("compatible", b"acme,board\0".to_vec()), ("model", vec![])],
        children: [vec![memory], chosen].concat(),
        ..Node::default()
    }
}

fn chosen(properties: &[(&'static str, &str)]) -> Node {
    Node {
        name: "chosen",
        properties: properties
            .iter()
            .map(|&(name, value)| (name, value.as_bytes().to_vec()))
            .collect(),
        children: vec![Node {
            name: "framebuffer@0",
            properties: vec![("bootargs", b"not this one\0".to_vec())],
            ..Node::default()
        }],
    }
}

#[test]
fn a_tree_without_chosen_gets_one() {
    check(&write(&machine(vec![]), &TIGHT), &CHOSEN);
}

#[test]
fn properties_are_added_and_replaced() {
    for properties in [
        &[][..],
        &[("stdout-path", "serial0:115200n8\0")],
        &[("bootargs", "quiet\0")],
        &[
            ("bootargs", ""),
            ("stdout-path", "/a\0"),
            ("bootargs", "twice\0"),
        ],
        &[("kaal,version", "9.9.9\0"), ("kaal,measurement", "short")],
    ] {
        check(&write(&machine(vec![chosen(properties)]), &TIGHT), &CHOSEN);
    }
}

#[test]
fn boot_arguments_are_left_as_they_are_where_there_are_none() {
    let blob = write(&machine(vec![chosen(&[("bootargs", "quiet\0")])]), &TIGHT);
    let without = Chosen {
        boot_arguments: b"",
        ..CHOSEN
    };
    let out = check(&blob, &without);
    let tree = DeviceTree::parse(&out).unwrap();
    let chosen = tree.find(b"/chosen").unwrap().node();
    assert_eq!(chosen.property(b"bootargs"), Some(&b"quiet\0"[..]));
}

#[test]
fn a_second_time_changes_nothing_but_the_values() {
    let first = check(&write(&machine(vec![]), &TIGHT), &CHOSEN);
    let second = check(&first, &CHOSEN);
    let tree = |blob| content(&DeviceTree::parse(blob).unwrap());
    assert_eq!(tree(&first), tree(&second));
}

#[test]
fn only_the_roots_chosen_counts() {
    let soc = Node {
        name: "soc",
        children: vec![chosen(&[("bootargs", "not this one\0")])],
        ..Node::default()
    };
    check(&write(&machine(vec![soc]), &TIGHT), &CHOSEN);
}

#[test]
fn any_smaller_destination_is_refused() {
    let layout = Layout {
        reservations: vec![[0x1000, 0x1000]],
        ..TIGHT
    };
    let blob = write(&machine(vec![chosen(&[])]), &layout);
    let tree = DeviceTree::parse(&blob).unwrap();
    let needed = check(&blob, &CHOSEN).len();
    for size in 0..needed {
        let mut out = vec![0; size];
        assert_eq!(
            CHOSEN.write(&tree, &mut out),
            Err(NoRoom { needed }),
            "{size}"
        );
    }
    assert_eq!(CHOSEN.write(&tree, &mut vec![0; needed]), Ok(needed));
}

#[test]
fn reservations_that_never_end_are_ended() {
    let mut blob = write(&machine(vec![]), &TIGHT);
    blob[40..56].copy_from_slice(&[0x11; 16]);
    let out = check(&blob, &CHOSEN);
    assert_eq!(out[40..56], [0x11; 16]);
    assert_eq!(out[56..72], [0; 16]);
}

fn names() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "chosen",
        "chosen@0",
        "bootargs",
        "kaal,version",
        "kaal,measurement",
        "soc",
        "reg",
    ])
}

fn nodes() -> impl Strategy<Value = Node> {
    let properties = || {
        let value = prop::collection::vec(any::<u8>(), 0..20);
        prop::collection::vec((names(), value), 0..5)
    };
    let leaf = (names(), properties()).prop_map(|(name, properties)| Node {
        name,
        properties,
        ..Node::default()
    });
    leaf.prop_recursive(5, 24, 4, move |node| {
        (names(), properties(), prop::collection::vec(node, 0..4)).prop_map(
            |(name, properties, children)| Node {
                name,
                properties,
                children,
            },
        )
    })
}

fn layouts() -> impl Strategy<Value = Layout> {
    let entry = [1..u64::MAX / 2, 1..u64::MAX / 2];
    (
        prop::collection::vec(entry, 0..4),
        any::<u32>(),
        0..3usize,
        0..40usize,
        0..40usize,
        any::<bool>(),
    )
        .prop_map(
            |(reservations, boot_cpu, nops, gap, padding, strings_first)| Layout {
                reservations,
                boot_cpu,
                nops,
                gap: gap * 4,
                padding,
                strings_first,
            },
        )
}

proptest! {
    #[test]
    fn any_tree_is_kept(root in nodes(), layout in layouts(), is_set in any::<bool>()) {
        let chosen = Chosen {
            boot_arguments: if is_set { BOOT_ARGUMENTS } else { b"" },
            ..CHOSEN
        };
        check(&write(&root, &layout), &chosen);
    }

    #[test]
    fn any_damaged_tree_that_can_be_read_is_kept(
        root in nodes(),
        layout in layouts(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut blob = write(&root, &layout);
        for (index, value) in damage {
            let index = index.index(blob.len());
            blob[index] = value;
        }
        if DeviceTree::parse(&blob).is_ok() {
            check(&blob, &CHOSEN);
        }
    }
}
