// SPDX-License-Identifier: BSD-2-Clause

//! Determines the cores that the kernel waits for.

use std::collections::BTreeSet;

use kaal_payload::Cpu;

use crate::diagnostic::{Diagnostic, Origin, Subject};
use crate::options::cores::{asked_by, check};

/// The fields of `MPIDR_EL1` that identify a core: Aff3, Aff2, Aff1 and Aff0 (Arm ARM, DDI 0487).
const AFFINITY: u64 = 0xff_00ff_ffff;

/// A number of cores, and its source.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    pub(crate) cores: u32,
    /// The option that sets the number; `None` if it is the default.
    reason: Option<Subject>,
}

impl Count {
    /// The number in `origin`.
    fn by(origin: Origin<'_>, cores: u32) -> Self {
        Self {
            cores,
            reason: Some(origin.into()),
        }
    }

    /// Adds the source of the number to `diagnostic`.
    fn explain(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.reason {
            Some(reason) => diagnostic.because_of(reason.clone()),
            None => diagnostic,
        }
    }
}

/// The number of cores that the kernel waits for: the value of `--cores`, or else of the kernel's
/// configuration, or else 1. The two must agree. The caller has checked `--cores`.
pub(crate) fn count(
    asked: Option<u32>,
    configured: Option<(Origin<'_>, u32)>,
) -> Result<Count, Diagnostic> {
    if let Some((origin, cores)) = configured {
        check(origin, cores)?;
    }
    let value = asked.map(|cores| cores.to_string()).unwrap_or_default();
    let asked = asked.map(|cores| (asked_by(&value), cores));
    match (asked, configured) {
        (Some((origin, found)), Some((config, expected))) if found != expected => Err(origin
            .diagnostic("differs from the kernel's configuration")
            .expected(format!("{expected} (MAX_NUM_NODES)"))
            .because_of(config)
            .found(found.to_string())
            .remedy("leave the option out, or pass the kernel and configuration of another build")),
        (asked, configured) => Ok(match asked.or(configured) {
            Some((origin, cores)) => Count::by(origin, cores),
            None => Count {
                cores: 1,
                reason: None,
            },
        }),
    }
}

/// The first `count` cores of a device tree; none for a single core.
pub(crate) fn choose(
    origin: Origin<'_>,
    cpus: &[Cpu],
    count: &Count,
) -> Result<Vec<Cpu>, Diagnostic> {
    let cores = count.cores as usize;
    if cores == 1 {
        return Ok(Vec::new());
    }
    let wrong = |problem: &str, expected: String, found: String| {
        origin
            .diagnostic(problem)
            .expected(expected)
            .found(found)
            .remedy("pass the device tree of the machine that the kernel is built for")
    };
    if cpus.len() < cores {
        let expected = format!("{cores} nodes cpu@… in /cpus that are not disabled");
        return Err(count.explain(wrong(
            "names fewer cores than the kernel waits for",
            expected,
            cpus.len().to_string(),
        )));
    }
    let mut known = BTreeSet::new();
    for cpu in cpus {
        if cpu.mpidr & !AFFINITY != 0 {
            return Err(wrong(
                "names an impossible core",
                format!("a `reg` within {AFFINITY:#x}, the affinity in MPIDR_EL1"),
                format!("{:#x}", cpu.mpidr),
            ));
        }
        if !known.insert(cpu.mpidr) {
            return Err(wrong(
                "names a core twice",
                "another `reg` in each node of /cpus".to_owned(),
                format!("{:#x} in two of them", cpu.mpidr),
            ));
        }
    }
    Ok(cpus.iter().take(cores).copied().collect())
}

/// The image is for several cores, but has no device tree that names them.
pub(crate) fn nothing_names(kernel: Origin<'_>, count: &Count) -> Diagnostic {
    let diagnostic = kernel
        .diagnostic("waits for cores, but nothing in the image names them")
        .expected(format!("a --dtb with the machine's {} cores", count.cores))
        .found("none")
        .remedy("pass a device tree; otherwise, the firmware must bring one");
    count.explain(diagnostic)
}
