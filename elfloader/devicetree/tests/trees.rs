// SPDX-License-Identifier: BSD-2-Clause

//! Tests of well-formed and malformed device trees.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod common;

use common::{memory, node, ram, range, tree};
use kaal_devicetree::{DeviceTree, Facts, Header, HeaderError, TreeError, UnknownConsole};
use kaal_payload::{AccessSize, Console, ConsoleKind, Gic, Machine, PhysAddr, PsciConduit};
use proptest::prelude::*;
use vm_fdt::{FdtWriter, FdtWriterResult};

fn pl011(fdt: &mut FdtWriter) -> FdtWriterResult<()> {
    node(fdt, "pl011@9000000", |fdt| {
        fdt.property_string_list(
            "compatible",
            vec!["arm,pl011".into(), "arm,primecell".into()],
        )?;
        fdt.property_array_u64("reg", &[0x900_0000, 0x1000])
    })
}

fn stdout(fdt: &mut FdtWriter, path: &str) -> FdtWriterResult<()> {
    node(fdt, "chosen", |fdt| {
        fdt.property_string("stdout-path", path)
    })
}

/// A machine like QEMU's virt.
fn virt() -> Vec<u8> {
    tree(|fdt| {
        memory(fdt, "memory@40000000", &[0x4000_0000, 0x4000_0000])?;
        node(fdt, "psci", |fdt| {
            fdt.property_string_list("compatible", vec!["arm,psci-1.0".into(), "arm,psci".into()])?;
            fdt.property_string("method", "hvc")
        })?;
        node(fdt, "intc@8000000", |fdt| {
            fdt.property_string("compatible", "arm,cortex-a15-gic")?;
            fdt.property_u32("#interrupt-cells", 3)?;
            fdt.property_array_u64("reg", &[0x800_0000, 0x1_0000, 0x801_0000, 0x1_0000])
        })?;
        pl011(fdt)?;
        stdout(fdt, "/pl011@9000000")
    })
}

const PL011: Console = Console {
    kind: ConsoleKind::Pl011,
    base: PhysAddr(0x900_0000),
    register_shift: 0,
    access_size: AccessSize::Word,
};

#[test]
fn a_machine_is_described() {
    let blob = virt();
    let tree = DeviceTree::parse(&blob).unwrap();
    let machine = Facts::of(&tree).unwrap().machine;
    assert_eq!(
        machine,
        Machine {
            console: Some(PL011),
            psci: Some(PsciConduit::Hvc),
            gic: Some(Gic::V2 {
                distributor: PhysAddr(0x800_0000),
                cpu_interface: PhysAddr(0x801_0000),
            }),
        }
    );
    assert_eq!(ram(&tree), [range(0x4000_0000, 0x4000_0000)]);
}

#[test]
fn an_empty_tree_describes_nothing() {
    let blob = tree(|_| Ok(()));
    let tree = DeviceTree::parse(&blob).unwrap();
    assert_eq!(Facts::of(&tree).unwrap().machine, Machine::default());
    assert_eq!(ram(&tree).len(), 0);
    assert_eq!(
        kaal_devicetree::console(&tree),
        Err(UnknownConsole::NotStated)
    );
}

#[test]
fn the_console_may_have_options_an_alias_and_no_unit_address() {
    for path in [
        "/pl011@9000000:115200n8",
        "serial0",
        "serial0:115200",
        "/pl011",
        "//pl011/",
    ] {
        let blob = tree(|fdt| {
            node(fdt, "aliases", |fdt| {
                fdt.property_string("serial0", "/pl011@9000000")
            })?;
            pl011(fdt)?;
            stdout(fdt, path)
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(kaal_devicetree::console(&tree), Ok(PL011), "{path}");
    }
}

#[test]
fn a_console_that_is_not_there_is_named() {
    for (path, named) in [
        ("/uart@1", "/uart@1"),
        ("serial9", "serial9"),
        ("/pl011@1", "/pl011@1"),
    ] {
        let blob = tree(|fdt| {
            pl011(fdt)?;
            stdout(fdt, path)
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        let error = kaal_devicetree::console(&tree).unwrap_err();
        assert_eq!(error, UnknownConsole::NoSuchNode(named.as_bytes()));
    }
}

#[test]
fn a_console_of_unknown_kind_is_named() {
    let blob = tree(|fdt| {
        node(fdt, "uart@1", |fdt| {
            fdt.property_string("compatible", "acme,uart")?;
            fdt.property_array_u64("reg", &[1, 1])
        })?;
        stdout(fdt, "/uart@1")
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    let error = kaal_devicetree::console(&tree).unwrap_err().to_string();
    assert_eq!(
        error,
        "stdout-path names uart@1 (acme,uart), which KaaL does not support"
    );
    assert_eq!(Facts::of(&tree).unwrap().machine.console, None);
}

/// As on a Raspberry Pi 3: the bus has addresses of its own.
#[test]
fn addresses_are_translated_through_buses() {
    let blob = tree(|fdt| {
        node(fdt, "soc", |fdt| {
            fdt.property_u32("#address-cells", 1)?;
            fdt.property_u32("#size-cells", 1)?;
            // From 0x7e000000 on the bus to 0x3f000000, and a second window.
            let ranges = [
                0x7e00_0000,
                0,
                0x3f00_0000,
                0x100_0000,
                0x4000_0000,
                1,
                0,
                0x1000,
            ];
            fdt.property_array_u32("ranges", &ranges)?;
            node(fdt, "bridge", |fdt| {
                fdt.property_u32("#address-cells", 1)?;
                fdt.property_u32("#size-cells", 1)?;
                fdt.property_null("ranges")?;
                for (name, start) in [("a@7e201000", 0x7e20_1000), ("b@40000000", 0x4000_0000)] {
                    node(fdt, name, |fdt| {
                        fdt.property_array_u32("reg", &[start, 0x200])
                    })?;
                }
                node(fdt, "c@10", |fdt| {
                    fdt.property_array_u32("reg", &[0x10, 0x200])
                })
            })
        })
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    let reg = |path: &str| tree.find(path.as_bytes()).unwrap().reg().next();
    assert_eq!(reg("/soc/bridge/a"), Some(range(0x3f20_1000, 0x200)));
    assert_eq!(
        reg("/soc/bridge/b@40000000"),
        Some(range(0x1_0000_0000, 0x200))
    );
    assert_eq!(reg("/soc/bridge/c"), None, "no window holds it");
}

/// Each bus has its own cells, independent of the buses above it.
#[test]
fn cells_are_those_of_the_parent() {
    let device = |fdt: &mut FdtWriter, name: &str, reg: &[u32]| {
        node(fdt, name, |fdt| fdt.property_array_u32("reg", reg))
    };
    let blob = tree(|fdt| {
        node(fdt, "narrow", |fdt| {
            fdt.property_u32("#address-cells", 1)?;
            fdt.property_u32("#size-cells", 1)?;
            fdt.property_null("ranges")?;
            device(fdt, "first", &[0x1000, 0x10])?;
            device(fdt, "second", &[0x2000, 0x20])
        })?;
        node(fdt, "default", |fdt| {
            fdt.property_null("ranges")?;
            device(fdt, "third", &[0, 0x3000, 0x30])
        })?;
        device(fdt, "fourth", &[0, 0x4000, 0, 0x40])
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    let reg = |path: &str| tree.find(path.as_bytes()).unwrap().reg().next();
    assert_eq!(reg("/narrow/first"), Some(range(0x1000, 0x10)));
    assert_eq!(reg("/narrow/second"), Some(range(0x2000, 0x20)));
    assert_eq!(reg("/default/third"), Some(range(0x3000, 0x30)));
    assert_eq!(reg("/fourth"), Some(range(0x4000, 0x40)));
}

#[test]
fn of_many_ranges_the_first_count() {
    for (others, expected) in [(511, Some(range(0x5000, 0x10))), (512, None)] {
        let blob = tree(|fdt| {
            node(fdt, "bus", |fdt| {
                fdt.property_u32("#address-cells", 1)?;
                fdt.property_u32("#size-cells", 1)?;
                let mut ranges = vec![0; others * 4];
                ranges.extend([0x1000, 0, 0x5000, 0x1000]);
                fdt.property_array_u32("ranges", &ranges)?;
                node(fdt, "device", |fdt| {
                    fdt.property_array_u32("reg", &[0x1000, 0x10])
                })
            })
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        let device = tree.find(b"/bus/device").unwrap();
        assert_eq!(device.reg().next(), expected, "{others} others");
    }
}

#[test]
fn a_bus_without_ranges_passes_nothing_on() {
    let blob = tree(|fdt| {
        node(fdt, "i2c", |fdt| {
            fdt.property_u32("#address-cells", 1)?;
            fdt.property_u32("#size-cells", 0)?;
            node(fdt, "chip@50", |fdt| fdt.property_u32("reg", 0x50))
        })
    });
    let tree = DeviceTree::parse(&blob).unwrap();
    assert_eq!(tree.find(b"/i2c/chip").unwrap().reg().next(), None);
}

#[test]
fn psci_needs_a_version_that_powers_off_and_a_known_method() {
    for (compatible, method, expected) in [
        ("arm,psci-0.2", "smc", Some(PsciConduit::Smc)),
        ("arm,psci", "smc", None),
        ("arm,psci-1.0", "jump", None),
    ] {
        let blob = tree(|fdt| {
            node(fdt, "psci", |fdt| {
                fdt.property_string("compatible", compatible)?;
                fdt.property_string("method", method)
            })
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(
            Facts::of(&tree).unwrap().machine.psci,
            expected,
            "{compatible} {method}"
        );
    }
}

/// The Raspberry Pi 4's device tree has such a name, in spite of the specification's 31 characters.
#[test]
fn long_names_are_no_error() {
    let mut blob = tree(|fdt| {
        fdt.property_null("arm,cpu-registers")?;
        fdt.property_null("not-fw-configured")
    });
    // The two names lie behind each other, so this makes one of them.
    let second = b"\0not-fw-configured";
    let nul = blob
        .windows(second.len())
        .position(|window| window == second)
        .unwrap();
    blob[nul] = b'-';
    let tree = DeviceTree::parse(&blob).unwrap();
    let root = tree.find(b"/").unwrap().node();
    assert!(
        root.property(b"arm,cpu-registers-not-fw-configured")
            .is_some()
    );
}

/// A device tree of these blocks, without reservations.
fn of_blocks(structure: &[u8], strings: &[u8]) -> Vec<u8> {
    let (start, size) = (56, structure.len() as u32);
    let total = start + size + strings.len() as u32;
    let strings_size = strings.len() as u32;
    let header = [
        0xd00d_feed,
        total,
        start,
        start + size,
        40,
        17,
        16,
        0,
        strings_size,
        size,
    ];
    let mut blob: Vec<u8> = header.into_iter().flat_map(u32::to_be_bytes).collect();
    blob.extend([0; 16]);
    blob.extend(structure);
    blob.extend(strings);
    blob
}

#[test]
fn there_is_one_root() {
    let root = [1u32, 0, 2];
    let end = [9];
    let parse = |tokens: &[&[u32]]| {
        let structure: Vec<u8> = tokens
            .concat()
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect();
        DeviceTree::parse(&of_blocks(&structure, b"")).map(|tree| tree.walk().count())
    };
    let malformed = |offset| Err(TreeError::Structure { offset });
    assert_eq!(parse(&[&root, &end]), Ok(1));
    assert_eq!(parse(&[&end]), malformed(0));
    assert_eq!(parse(&[&root, &root, &end]), malformed(12));
}

#[test]
fn names_have_a_limit() {
    const BEGIN: [u8; 4] = [0, 0, 0, 1];
    const END: [u8; 8] = [0, 0, 0, 2, 0, 0, 0, 9];
    const ROOT: [u8; 4] = [0; 4];
    /// A property without a value, with the first of the names.
    const PROPERTY: [u8; 12] = [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0];

    for (length, is_read) in [(255, true), (256, false)] {
        let mut name = vec![b'n'; length];
        name.resize((length + 1).next_multiple_of(4), 0);
        let node = [&BEGIN[..], &name, &END].concat();
        let property = [&BEGIN[..], &ROOT, &PROPERTY, &END].concat();
        for blob in [of_blocks(&node, &[]), of_blocks(&property, &name)] {
            let tree = DeviceTree::parse(&blob);
            assert_eq!(tree.is_ok(), is_read, "{length}: {tree:?}");
        }
    }
}

#[test]
fn cells_that_make_no_sense_end_the_list() {
    for cells in [0, 3, u32::MAX] {
        let blob = tree(|fdt| {
            node(fdt, "bus", |fdt| {
                fdt.property_u32("#address-cells", cells)?;
                fdt.property_u32("#size-cells", 0)?;
                fdt.property_array_u32("ranges", &[0; 16])?;
                node(fdt, "device", |fdt| {
                    fdt.property_array_u32("reg", &[u32::MAX; 16])
                })
            })
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        let device = tree.find(b"/bus/device").unwrap();
        assert_eq!(device.reg().count(), 0, "{cells} cells");
    }
}

#[test]
fn nodes_may_not_be_nested_without_end() {
    fn nest(fdt: &mut FdtWriter, levels: usize) -> FdtWriterResult<()> {
        match levels {
            0 => Ok(()),
            _ => node(fdt, "deeper", |fdt| nest(fdt, levels - 1)),
        }
    }
    assert!(DeviceTree::parse(&tree(|fdt| nest(fdt, 15))).is_ok());
    let error = DeviceTree::parse(&tree(|fdt| nest(fdt, 16))).unwrap_err();
    assert_eq!(error, TreeError::TooDeep);
}

#[test]
fn padding_is_not_used_size() {
    let mut blob = virt();
    let used = Header::parse(&blob).unwrap().used_size();
    assert_eq!(used, blob.len());
    blob.resize(0x10_0000, 0);
    Header::set_total_size(&mut blob, 0x10_0000);
    let header = Header::parse(&blob).unwrap();
    assert_eq!((header.total_size(), header.used_size()), (0x10_0000, used));
    assert!(
        DeviceTree::parse(&blob[..used]).is_ok(),
        "padding may be cut off"
    );
}

#[test]
fn bad_headers_are_told_apart() {
    let blob = virt();
    let with = |offset: usize, value: u32| {
        let mut changed = blob.clone();
        changed[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
        Header::parse(&changed).unwrap_err()
    };
    let size = blob.len() as u32;
    assert_eq!(
        with(0, 0xfeed_d00d),
        HeaderError::Magic { found: 0xfeed_d00d }
    );
    assert_eq!(with(20, 16), HeaderError::Version { found: 16 });
    assert_eq!(with(24, 18), HeaderError::Version { found: 17 });
    for (offset, block) in [
        (8, "structure"),
        (12, "strings"),
        (36, "structure"),
        (32, "strings"),
    ] {
        assert_eq!(
            with(offset, u32::MAX),
            HeaderError::Block { block, size },
            "at {offset}"
        );
        assert_eq!(
            with(offset, size + 1),
            HeaderError::Block { block, size },
            "at {offset}"
        );
    }
    assert_eq!(with(8, 58), HeaderError::Unaligned);
    assert_eq!(
        Header::parse(&blob[..39]),
        Err(HeaderError::Truncated { found: 39 })
    );
}

#[test]
fn tokens_behind_the_structure_block_are_refused() {
    const STRUCTURE_SIZE: usize = 36;

    let mut blob = virt();
    blob[STRUCTURE_SIZE + 3] -= 4;
    assert!(matches!(
        DeviceTree::parse(&blob),
        Err(TreeError::Structure { .. })
    ));
}

/// Each property of a subnode, moved behind that, where it is the root's. No reader of RAM or console would look for
/// most of them.
#[test]
fn properties_behind_subnodes_are_refused() {
    for name in [
        "a",
        "compatible",
        "device_type",
        "method",
        "#interrupt-cells",
    ] {
        let mut blob = tree(|fdt| node(fdt, "early", |fdt| fdt.property_u32(name, 0xa5a5_a5a5)));
        assert!(DeviceTree::parse(&blob).is_ok(), "{name}");
        let value = blob.windows(4).position(|value| value == [0xa5; 4]);
        let start = value.unwrap() - 12;
        blob[start..start + 20].rotate_right(4);
        let offset = start + 4 - structure(&blob);
        let expected = TreeError::Misplaced { offset };
        assert_eq!(DeviceTree::parse(&blob).unwrap_err(), expected, "{name}");
        let found = DeviceTree::unchecked(Header::parse(&blob).unwrap(), &blob);
        assert_eq!(found.misplaced().unwrap().name, name.as_bytes());
    }
}

/// Offset of the structure block.
fn structure(blob: &[u8]) -> usize {
    u32::from_be_bytes(blob[8..12].try_into().unwrap()) as usize
}

#[test]
fn every_truncation_is_refused() {
    let blob = virt();
    for length in 0..blob.len() {
        assert!(DeviceTree::parse(&blob[..length]).is_err(), "{length}");
    }
}

/// Calls every function that reads a tree.
fn ask_everything(blob: &[u8]) {
    let Ok(tree) = DeviceTree::parse(blob) else {
        return;
    };
    let _ = kaal_devicetree::console(&tree).map_err(|error| error.to_string());
    let _ = Facts::of(&tree).map(|facts| facts.availability(range(0x4000_0000, 0x1000)));
    let _ = kaal_devicetree::misunderstood(&tree).map(|(node, _)| node.name());
    let _ = kaal_devicetree::stdout(&tree).map(|place| place.is_operational());
    assert_eq!(tree.misplaced(), None);
    for place in tree.walk() {
        let _ = place.reg().count();
    }
}

proptest! {
    #[test]
    fn damaged_trees_have_an_answer(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut blob = virt();
        for (index, value) in damage {
            let index = index.index(blob.len());
            blob[index] = value;
        }
        ask_everything(&blob);
    }

    #[test]
    fn any_structure_has_an_answer(
        tokens in prop::collection::vec(
            prop_oneof![Just(1u32), Just(2), Just(3), Just(4), Just(9), 0u32..64, any::<u32>()],
            0..64,
        ),
    ) {
        let structure: Vec<u8> = tokens.iter().flat_map(|token| token.to_be_bytes()).collect();
        let strings = b"reg\0ranges\0#address-cells\0#size-cells\0compatible\0device_type\0";
        let blob = of_blocks(&structure, strings);
        ask_everything(&blob);
    }
}
