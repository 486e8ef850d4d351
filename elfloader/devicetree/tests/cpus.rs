// SPDX-License-Identifier: BSD-2-Clause

//! Tests that cores and interrupt controllers are read from device trees.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use common::{node, tree};
use kaal_devicetree::{DeviceTree, Facts};
use kaal_payload::{Cpu, Gic, PhysAddr};
use vm_fdt::{FdtWriter, FdtWriterResult};

/// The cores of a tree in whose `/cpus` a core's `reg` has `cells` cells.
fn cpus(cells: u32, content: impl FnOnce(&mut FdtWriter) -> FdtWriterResult<()>) -> Vec<Cpu> {
    let blob = tree(|fdt| {
        node(fdt, "cpus", |fdt| {
            fdt.property_u32("#address-cells", cells)?;
            fdt.property_u32("#size-cells", 0)?;
            content(fdt)
        })
    });
    Facts::parse(&blob).unwrap().1.cpus.to_vec()
}

fn cpu(mpidr: u64, release_address: u64) -> Cpu {
    Cpu {
        mpidr,
        release_address: PhysAddr(release_address),
    }
}

#[test]
fn reg_has_as_many_cells_as_cpus_says() {
    let found = cpus(1, |fdt| {
        node(fdt, "cpu@0", |fdt| fdt.property_u32("reg", 0))?;
        node(fdt, "cpu@101", |fdt| fdt.property_u32("reg", 0x101))
    });
    assert_eq!(found, [cpu(0, 0), cpu(0x101, 0)]);
    let found = cpus(2, |fdt| {
        node(fdt, "cpu@100000002", |fdt| {
            fdt.property_u64("reg", 0x1_0000_0002)
        })
    });
    assert_eq!(found, [cpu(0x1_0000_0002, 0)]);
}

#[test]
fn only_cpus_are_cores() {
    let found = cpus(1, |fdt| {
        node(fdt, "cpu-map", |fdt| {
            node(fdt, "cpu@7", |fdt| fdt.property_u32("reg", 7))
        })?;
        node(fdt, "l2-cache", |fdt| fdt.property_u32("reg", 8))?;
        node(fdt, "cpu@9", |_| Ok(()))
    });
    assert_eq!(found, []);
    let blob = tree(|fdt| node(fdt, "cpu@1", |fdt| fdt.property_u32("reg", 1)));
    let tree = DeviceTree::parse(&blob).unwrap();
    assert_eq!(Facts::of(&tree).unwrap().cpus.len(), 0);
}

#[test]
fn cores_that_may_not_be_used_are_left_out() {
    let found = cpus(1, |fdt| {
        for (reg, status) in [(0, "okay"), (1, "disabled"), (2, "fail-ecc"), (3, "ok")] {
            node(fdt, &format!("cpu@{reg}"), |fdt| {
                fdt.property_u32("reg", reg)?;
                fdt.property_string("status", status)
            })?;
        }
        Ok(())
    });
    assert_eq!(found, [cpu(0, 0), cpu(3, 0)]);
}

/// By the specification, "disabled" says that the core waits to be started.
#[test]
fn cores_that_poll_a_word_may_be_disabled() {
    let found = cpus(1, |fdt| {
        for (reg, status) in [(0, "okay"), (1, "disabled"), (2, "fail-ecc")] {
            node(fdt, &format!("cpu@{reg}"), |fdt| {
                fdt.property_u32("reg", reg)?;
                fdt.property_string("status", status)?;
                fdt.property_string("enable-method", "spin-table")?;
                fdt.property_u64("cpu-release-addr", 0xd8)
            })?;
        }
        Ok(())
    });
    assert_eq!(found, [cpu(0, 0xd8), cpu(1, 0xd8)]);
}

#[test]
fn a_release_address_has_one_cell_or_two() {
    let found = cpus(1, |fdt| {
        node(fdt, "cpu@0", |fdt| {
            fdt.property_u32("reg", 0)?;
            fdt.property_string("enable-method", "spin-table")?;
            fdt.property_u64("cpu-release-addr", 0x1_0000_00d8)
        })?;
        node(fdt, "cpu@1", |fdt| {
            fdt.property_u32("reg", 1)?;
            fdt.property_string("enable-method", "spin-table")?;
            fdt.property_u32("cpu-release-addr", 0xe0)
        })?;
        node(fdt, "cpu@2", |fdt| {
            fdt.property_u32("reg", 2)?;
            fdt.property_string("enable-method", "psci")?;
            fdt.property_u32("cpu-release-addr", 0xe8)
        })
    });
    assert_eq!(found, [cpu(0, 0x1_0000_00d8), cpu(1, 0xe0), cpu(2, 0)]);
}

#[test]
fn numbers_that_make_no_sense_are_no_cores() {
    let found = cpus(3, |fdt| {
        node(fdt, "cpu@1", |fdt| {
            fdt.property_array_u32("reg", &[1, 0, 0])
        })
    });
    assert_eq!(found, [], "more than 64 bits");
    let found = cpus(2, |fdt| {
        node(fdt, "cpu@1", |fdt| fdt.property_u32("reg", 1))
    });
    assert_eq!(found, [], "fewer cells than there should be");
    let found = cpus(1, |fdt| {
        node(fdt, "cpu@1", |fdt| {
            fdt.property_u32("reg", 1)?;
            fdt.property_string("enable-method", "spin-table")
        })
    });
    assert_eq!(found, [], "nowhere to look");
}

#[test]
fn interrupt_controllers_of_both_kinds() {
    let v2 = Gic::V2 {
        distributor: PhysAddr(0x800_0000),
        cpu_interface: PhysAddr(0x801_0000),
    };
    let v3 = Gic::V3 {
        distributor: PhysAddr(0x800_0000),
        redistributors: PhysAddr(0x801_0000),
    };
    for (compatible, expected) in [
        ("arm,cortex-a15-gic", Some(v2)),
        ("arm,gic-400", Some(v2)),
        ("qcom,msm-qgic2", Some(v2)),
        ("arm,gic-v3", Some(v3)),
        ("arm,gic-v2m-frame", None),
        ("", None),
    ] {
        let blob = tree(|fdt| {
            node(fdt, "intc@8000000", |fdt| {
                fdt.property_string("compatible", compatible)?;
                fdt.property_u32("#interrupt-cells", 3)?;
                fdt.property_array_u64("reg", &[0x800_0000, 0x1_0000, 0x801_0000, 0x1_0000])
            })
        });
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(
            Facts::of(&tree).unwrap().machine.gic,
            expected,
            "{compatible}"
        );
    }
}
