// SPDX-License-Identifier: BSD-2-Clause

use kaal_payload::{ExceptionLevel, PhysAddr, PhysRange};

use super::{BootConfig, Handover, Platform, Slots, boot, untyped};

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(end),
    }
}

/// A boot on QEMU's virt machine.
struct Seen {
    handover: Handover,
    platform: Platform,
    config: BootConfig,
    /// The address and the content of the kernel's boot information.
    boot_information: u64,
    slots: u64,
    devices: usize,
    ram: usize,
}

/// An ordinary kernel with the probe's task.
fn ordinary() -> Seen {
    Seen {
        handover: Handover {
            kernel: range(0x4000_0000, 0x4023_d000),
            boot_part: Some(range(0x4000_0000, 0x4001_0000)),
            device_tree: range(0x4023_d000, 0x4023_ee30),
            user_image: range(0x4024_d000, 0x4025_6000),
            user_start: 0x20_0000,
        },
        platform: Platform {
            memory: vec![range(0x4000_0000, 0x8000_0000)],
            devices: Some(vec![
                range(0, 0x800_0000),
                range(0x800_1000, 0x801_0000),
                range(0x801_1000, 0x4000_0000),
                range(0x8000_0000, 0x100_0000_0000),
            ]),
        },
        config: BootConfig {
            exception_level: ExceptionLevel::El1,
            root_cnode_bits: 16,
            most_untyped: 230,
            device_top: 1 << 40,
            cores: 1,
            is_mcs: false,
            tcb_bits: 11,
            starts_at_level_1: false,
        },
        boot_information: 0x7fe0_5000,
        slots: 96,
        devices: 30,
        ram: 36,
    }
}

/// A kernel with hypervisor support. It has more pieces of device memory.
fn hypervisor() -> Seen {
    let ordinary = ordinary();
    Seen {
        handover: Handover {
            kernel: range(0x6000_0000, 0x6023_f000),
            boot_part: Some(range(0x6000_0000, 0x6001_0000)),
            device_tree: range(0x6023_f000, 0x6024_0ef8),
            user_image: range(0x6024_f000, 0x6025_8000),
            ..ordinary.handover
        },
        platform: Platform {
            memory: vec![range(0x6000_0000, 0x8000_0000)],
            devices: Some(vec![
                range(0, 0x800_0000),
                range(0x800_1000, 0x801_0000),
                range(0x801_1000, 0x803_0000),
                range(0x803_1000, 0x6000_0000),
                range(0x8000_0000, 0x1000_0000_0000),
            ]),
        },
        config: BootConfig {
            exception_level: ExceptionLevel::El2,
            device_top: 1 << 44,
            ..ordinary.config
        },
        slots: 101,
        devices: 39,
        ram: 32,
        ..ordinary
    }
}

/// An MCS kernel. It has one scheduling context and one capability more.
fn mcs() -> Seen {
    let ordinary = ordinary();
    Seen {
        handover: Handover {
            kernel: range(0x4000_0000, 0x4024_5000),
            device_tree: range(0x4024_5000, 0x4024_6e30),
            user_image: range(0x4025_5000, 0x4025_e000),
            ..ordinary.handover
        },
        config: BootConfig {
            is_mcs: true,
            ..ordinary.config
        },
        slots: 99,
        ram: 38,
        ..ordinary
    }
}

/// The prediction equals the recorded numbers. Boot tests compare others.
#[test]
fn kernels_boot_as_they_did() {
    for seen in [ordinary(), hypervisor(), mcs()] {
        let Seen {
            handover,
            platform,
            config,
            ..
        } = seen;
        let booted = boot(&handover, &platform, &config);
        let address = booted.objects.map(|objects| objects.boot_information);
        assert_eq!(address, Some(PhysAddr(seen.boot_information)));
        let boot_part = handover.boot_parts()[0];
        let untyped = untyped(&handover, &platform, &config, &booted, boot_part).unwrap();
        let devices = untyped.iter().filter(|untyped| untyped.is_device).count();
        assert_eq!((devices, untyped.len() - devices), (seen.devices, seen.ram));
        let slots = Slots::new(&booted.layout, &config, untyped.len() as u64);
        assert_eq!(slots.sum(), seen.slots);
    }
}

/// The free and the taken memory make up all RAM and don't overlap.
#[test]
fn nothing_is_lost_or_counted_twice() {
    let Seen {
        handover,
        platform,
        config,
        ..
    } = ordinary();
    let booted = boot(&handover, &platform, &config);
    let boot_part = handover.boot_parts()[0];
    let untyped = untyped(&handover, &platform, &config, &booted, boot_part).unwrap();
    let mut pieces: Vec<_> = untyped
        .iter()
        .map(|untyped| (untyped.start.0, untyped.start.0 + untyped.size()))
        .collect();
    pieces.sort_unstable();
    assert!(pieces.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    let ram = untyped.iter().filter(|untyped| !untyped.is_device);
    let ram: u64 = ram.map(|untyped| untyped.size()).sum();
    let taken = [handover.kernel, handover.device_tree, handover.user_image]
        .map(PhysRange::size)
        .iter()
        .sum::<u64>();
    let objects = booted.objects.unwrap().memory.size();
    assert_eq!(ram + taken + objects - boot_part.size(), 0x4000_0000);
}

/// Without the kernel's symbols, there are many candidates for the part that only the boot needs.
#[test]
fn parts_that_may_be_needed_to_boot_only() {
    let handover = Handover {
        boot_part: None,
        ..ordinary().handover
    };
    let parts = handover.boot_parts();
    assert_eq!(parts.len(), 0x23);
    assert!(parts.contains(&range(0x4000_0000, 0x4001_0000)));
    assert!(parts.iter().all(|part| handover.kernel.contains(*part)));
}
