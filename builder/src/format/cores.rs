// SPDX-License-Identifier: BSD-2-Clause

//! The order of cores in a payload header.

use kaal_devicetree::{Facts, Header};
use kaal_payload::Cpu;

/// The usable cores of the device tree with `header` and `facts`. The boot core comes first.
pub(crate) fn in_order(header: &Header, facts: &Facts) -> Vec<Cpu> {
    let mut cpus = facts.cpus.to_vec();
    cpus.sort_by_key(|cpu| cpu.mpidr != u64::from(header.boot_cpu()));
    cpus
}
