// SPDX-License-Identifier: BSD-2-Clause

//! The order of cores in a payload header.

use kaal_devicetree::{DeviceTree, Header};
use kaal_payload::Cpu;

/// The usable cores of `tree`, whose header is `header`. The boot core comes first.
pub(crate) fn in_order(header: &Header, tree: &DeviceTree<'_>) -> Vec<Cpu> {
    let mut cpus: Vec<_> = kaal_devicetree::cpus(tree).collect();
    cpus.sort_by_key(|cpu| cpu.mpidr != u64::from(header.boot_cpu));
    cpus
}
