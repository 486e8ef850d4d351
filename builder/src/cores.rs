// SPDX-License-Identifier: BSD-2-Clause

//! How many cores the kernel waits for, and which of the machine's they are.

use std::collections::BTreeSet;
use std::path::Path;

use kaal_payload::{Cpu, MAX_CORES};

use crate::finding::{Finding, Flag, Origin};

/// The fields of `MPIDR_EL1` that tell one core from another: Aff3, Aff2, Aff1 and Aff0
/// (Arm ARM, DDI 0487).
const AFFINITY: u64 = 0xff_00ff_ffff;

/// A number of cores, and what says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) cores: u32,
}

/// The number of cores that the kernel waits for, as `--cores` and the kernel's configuration tell
/// it; 1 where neither does.
pub(crate) fn count(asked: Option<u32>, configured: Option<Count<'_>>) -> Result<u32, Finding> {
    let value = asked.map(|cores| cores.to_string()).unwrap_or_default();
    let asked = asked.map(|cores| Count {
        origin: Origin {
            flag: Flag::Cores,
            value: Path::new(&value),
        },
        cores,
    });
    for count in [configured, asked].into_iter().flatten() {
        if !(1..=MAX_CORES).contains(&count.cores) {
            return Err(count
                .origin
                .finding("a number of cores that seL4 does not run on")
                .expected(format!("1 to {MAX_CORES}"))
                .found(count.cores.to_string())
                .remedy(format!(
                    "build the kernel with a KernelMaxNumNodes of 1 to {MAX_CORES}"
                )));
        }
    }
    match (asked, configured) {
        (Some(asked), Some(configured)) if asked.cores != configured.cores => Err(asked
            .origin
            .finding("not the number of cores that the kernel was configured for")
            .expected(format!(
                "{}, the MAX_NUM_NODES in {}",
                configured.cores, configured.origin
            ))
            .found(asked.cores.to_string())
            .remedy("leave the option out, or give kernel and configuration of another build")),
        (count, other) => Ok(count.or(other).map_or(1, |count| count.cores)),
    }
}

/// The first `count` cores of those that a device tree names, or none where one is enough.
pub(crate) fn choose(origin: Origin<'_>, cpus: &[Cpu], count: u32) -> Result<Vec<Cpu>, Finding> {
    if count == 1 {
        return Ok(Vec::new());
    }
    let wrong = |problem: &str, expected: String, found: String| {
        Err(origin
            .finding(problem)
            .expected(expected)
            .found(found)
            .remedy("give the device tree of the machine that the kernel is built for"))
    };
    if cpus.len() < count as usize {
        return wrong(
            "names fewer cores than the kernel waits for",
            format!("{count} nodes cpu@… in /cpus that are not disabled"),
            cpus.len().to_string(),
        );
    }
    let mut known = BTreeSet::new();
    for cpu in cpus {
        if cpu.mpidr & !AFFINITY != 0 {
            return wrong(
                "names a core that can't exist",
                format!("a `reg` within {AFFINITY:#x}, the affinity in MPIDR_EL1"),
                format!("{:#x}", cpu.mpidr),
            );
        }
        if !known.insert(cpu.mpidr) {
            return wrong(
                "names a core twice",
                "another `reg` in each node of /cpus".to_owned(),
                format!("{:#x} in two of them", cpu.mpidr),
            );
        }
    }
    Ok(cpus.iter().take(count as usize).copied().collect())
}

/// What to say of an image for several cores without a device tree that names them.
pub(crate) fn nothing_names(kernel: Origin<'_>, count: u32) -> Finding {
    kernel
        .finding("waits for cores that nothing in the image names")
        .expected(format!("a --dtb with the machine's {count} cores"))
        .found("none")
        .remedy("give it; without it, the loader needs one from the firmware")
}
