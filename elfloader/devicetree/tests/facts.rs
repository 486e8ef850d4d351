// SPDX-License-Identifier: BSD-2-Clause

//! Compares the facts, which one walk collects, with those that a simple reader finds property by property. Also tests
//! the limits of lists.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use std::collections::BTreeSet;

use common::{memory, node, tree};
use kaal_devicetree::{
    DeviceTree, Facts, FactsError, MAX_CPUS, MAX_MEMORY, MemoryKind, Place, TooMany,
};
use kaal_payload::{Gic, PsciConduit};
use proptest::prelude::*;
use vm_fdt::{FdtWriter, FdtWriterResult};

/// A tree with as many banks of RAM that don't adjoin, and cores.
fn with(banks: usize, cores: usize) -> Vec<u8> {
    let reg: Vec<u64> = (0..banks as u64)
        .flat_map(|bank| [bank << 13, 1 << 12])
        .collect();
    tree(|fdt| {
        memory(fdt, "memory@0", &reg)?;
        node(fdt, "cpus", |fdt| {
            fdt.property_u32("#address-cells", 1)?;
            fdt.property_u32("#size-cells", 0)?;
            (0..cores as u32).try_for_each(|core| {
                node(fdt, &format!("cpu@{core:x}"), |fdt| {
                    fdt.property_u32("reg", core)
                })
            })
        })
    })
}

#[test]
fn lists_are_long_enough_or_an_error() {
    let blob = with(MAX_MEMORY, MAX_CPUS);
    let (_, facts) = Facts::parse(&blob).unwrap();
    assert_eq!(facts.memory.len(), MAX_MEMORY);
    assert_eq!(facts.cpus.len(), MAX_CPUS);
    for (banks, cores, list, most) in [
        (MAX_MEMORY + 1, 1, TooMany::Memory, MAX_MEMORY),
        (1, MAX_CPUS + 1, TooMany::Cpus, MAX_CPUS),
    ] {
        let blob = with(banks, cores);
        let error = Facts::parse(&blob).unwrap_err();
        assert_eq!(error, FactsError::TooMany(list));
        assert!(
            list.limit().starts_with(&format!("{most} ")),
            "{}",
            list.limit()
        );
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(Facts::of(&tree).unwrap_err(), list);
    }
}

/// Files and packages hold device trees at any address.
#[test]
fn unaligned_trees_have_the_same_facts() {
    let blob = with(3, 2);
    let (_, aligned) = Facts::parse(&blob).unwrap();
    for shift in 1..8 {
        let shifted = [vec![0; shift], blob.clone()].concat();
        let (_, facts) = Facts::parse(&shifted[shift..]).unwrap();
        assert_eq!(*facts.memory, *aligned.memory);
        assert_eq!(*facts.cpus, *aligned.cpus);
    }
}

/// A node to write: its name, its properties, and nodes in it.
#[derive(Clone, Debug)]
struct Sample {
    name: &'static str,
    properties: Vec<(&'static str, Vec<u8>)>,
    children: Vec<Self>,
}

impl Sample {
    fn write(&self, fdt: &mut FdtWriter) -> FdtWriterResult<()> {
        node(fdt, self.name, |fdt| {
            let mut written = BTreeSet::new();
            for (name, value) in &self.properties {
                if written.insert(name) {
                    fdt.property(name, value)?;
                }
            }
            let mut written = BTreeSet::new();
            let mut children = self.children.iter();
            children.try_for_each(|child| match written.insert(child.name) {
                true => child.write(fdt),
                false => Ok(()),
            })
        })
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let name = prop::sample::select(vec![
        "chosen",
        "cpu@0",
        "cpu@1",
        "cpus",
        "memory@0",
        "memory@8",
        "reserved-memory",
        "reserved-memory@0",
        "soc",
    ]);
    let text = |choices: &[&'static str]| {
        let choices: Vec<Vec<u8>> = choices
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
        prop::sample::select(choices)
    };
    let cells = prop::collection::vec(prop_oneof![4 => 0u32..5, 1 => any::<u32>()], 0..9).prop_map(
        |cells| {
            cells
                .into_iter()
                .flat_map(u32::to_be_bytes)
                .collect::<Vec<u8>>()
        },
    );
    let property = prop_oneof![
        4 => (Just("reg"), cells.clone()),
        1 => (Just("cpu-release-addr"), cells.clone()),
        2 => (Just("ranges"), prop_oneof![3 => Just(vec![]), 1 => cells]),
        2 => (
            prop::sample::select(vec!["#address-cells", "#size-cells"]),
            (0u32..4).prop_map(|cells| cells.to_be_bytes().to_vec())
        ),
        3 => (Just("device_type"), text(&["memory\0", "cpu\0memory\0", "memory"])),
        1 => (Just("status"), text(&["okay\0", "ok\0", "disabled\0", ""])),
        1 => (Just("no-map"), Just(vec![])),
        1 => (Just("#interrupt-cells"), Just(vec![0, 0, 0, 3])),
        1 => (Just("method"), text(&["smc\0", "hvc\0", "jump\0"])),
        1 => (Just("enable-method"), text(&["spin-table\0", "psci\0"])),
        1 => (
            Just("compatible"),
            text(&["acme,psci\0arm,psci-1.0\0", "arm,gic-400\0", "arm,gic-v3\0", "arm,gic-v2m-frame\0"])
        ),
    ];
    let properties = prop::collection::vec(property, 0..7);
    let leaf = (name.clone(), properties.clone()).prop_map(|(name, properties)| Sample {
        name,
        properties,
        children: Vec::new(),
    });
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let children = prop::collection::vec(inner, 0..6);
        (name.clone(), properties.clone(), children).prop_map(|(name, properties, children)| {
            Sample {
                name,
                properties,
                children,
            }
        })
    })
}

fn has_string(place: &Place<'_>, name: &str, wanted: &str) -> bool {
    let mut strings = place.node().strings(name.as_bytes());
    strings.any(|string| string == wanted.as_bytes())
}

fn may_be_used(place: &Place<'_>) -> bool {
    place.node().property(b"status").is_none()
        || has_string(place, "status", "okay")
        || has_string(place, "status", "ok")
}

/// The pages in the first `2^16` bytes of memory of one kind. Samples seldom have other memory.
fn bytes_of<'a>(
    ranges: impl Iterator<Item = &'a (MemoryKind, kaal_payload::PhysRange)>,
) -> Vec<BTreeSet<u64>> {
    let mut kinds = vec![BTreeSet::new(); 3];
    for (kind, range) in ranges {
        kinds[*kind as usize].extend(range.start.0.min(1 << 16)..range.end.0.min(1 << 16));
    }
    kinds
}

proptest! {
    #[test]
    fn facts_are_those_of_a_simple_reader(samples in prop::collection::vec(sample(), 0..6)) {
        let root = Sample { name: "", properties: Vec::new(), children: samples };
        let mut fdt = FdtWriter::new().unwrap();
        root.write(&mut fdt).unwrap();
        let blob = fdt.finish().unwrap();
        let tree = DeviceTree::parse(&blob).unwrap();

        let (mut memory, mut cpus, mut psci, mut gic) = (Vec::new(), Vec::new(), None, None);
        let mut path: Vec<String> = Vec::new();
        for place in tree.walk() {
            let own = place.node();
            path.truncate(place.depth() - 1);
            let stem = own.name().split(|&byte| byte == b'@').next().unwrap();
            path.push(String::from_utf8(stem.to_vec()).unwrap());
            let kind = match path.join("/").as_str() {
                _ if path.len() == 2 && has_string(&place, "device_type", "memory") => {
                    Some(MemoryKind::Ram)
                }
                path if path.starts_with("/reserved-memory/") && place.depth() == 3 => {
                    Some(match own.property(b"no-map") {
                        Some(_) => MemoryKind::NoMap,
                        None => MemoryKind::Reserved,
                    })
                }
                _ => None,
            };
            if let Some(kind) = kind.filter(|_| may_be_used(&place)) {
                memory.extend(place.reg().map(|range| (kind, range)));
            }
            let polls = has_string(&place, "enable-method", "spin-table");
            let waits = polls && has_string(&place, "status", "disabled");
            if path.join("/") == "/cpus/cpu" && (may_be_used(&place) || waits) {
                let word = own.property(b"cpu-release-addr");
                let release = match polls {
                    true => word.and_then(number),
                    false => Some(0),
                };
                cpus.extend(place.id().zip(release));
            }
            if own.is_compatible(b"arm,psci-1.0\0") {
                psci = match own.string(b"method") {
                    Some(b"smc") => Some(PsciConduit::Smc),
                    Some(b"hvc") => Some(PsciConduit::Hvc),
                    _ => psci,
                };
            }
            if own.is_compatible(b"arm,gic-400\0arm,gic-v3\0")
                && own.property(b"#interrupt-cells").is_some()
            {
                let starts: Vec<_> = place.reg().map(|range| range.start).take(2).collect();
                gic = match starts[..] {
                    [distributor, redistributors] if own.is_compatible(b"arm,gic-v3\0") => {
                        Some(Gic::V3 { distributor, redistributors })
                    }
                    [distributor, cpu_interface] => Some(Gic::V2 { distributor, cpu_interface }),
                    _ => gic,
                };
            }
        }

        let (_, facts) = Facts::parse(&blob).unwrap();
        prop_assert_eq!(bytes_of(facts.memory.iter()), bytes_of(memory.iter()));
        let found: Vec<_> = facts.cpus.iter().map(|cpu| (cpu.mpidr, cpu.release_address.0)).collect();
        prop_assert_eq!(found, cpus);
        prop_assert_eq!(facts.machine.psci, psci);
        prop_assert_eq!(facts.machine.gic, gic);
    }
}

/// A number of all cells in `value`, if it fits 64 bits.
fn number(value: &[u8]) -> Option<u64> {
    let (cells, _) = value.as_chunks::<4>();
    let number = cells.iter().try_fold(0u128, |number, &cell| {
        (number >> 64 == 0).then_some(number << 32 | u128::from(u32::from_be_bytes(cell)))
    })?;
    u64::try_from(number).ok()
}
