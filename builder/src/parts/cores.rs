// SPDX-License-Identifier: BSD-2-Clause

//! Determines the cores that the kernel waits for.

use std::collections::BTreeSet;

use kaal_payload::Cpu;

use crate::diagnostic::{Diagnostic, Flag, Origin, Subject};
use crate::options::cores::check;

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
    let asked = asked.map(|cores| (Origin::new(Flag::Cores, &value), cores));
    match (asked, configured) {
        (Some((origin, found)), Some((config, expected))) if found != expected => Err(origin
            .diagnostic("differs from the kernel's configuration")
            .expected(format!("{expected} (MAX_NUM_NODES)"))
            .because_of(config)
            .found(found.to_string())
            .remedy("leave the option out, or pass the kernel and configuration of another build")),
        (asked, configured) => {
            let (origin, cores) = asked.or(configured).unzip();
            Ok(Count {
                cores: cores.unwrap_or(1),
                reason: origin.map(Subject::from),
            })
        }
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
    let wrong = |problem: &str| {
        let remedy = "pass the device tree of the machine that the kernel is built for";
        origin.diagnostic(problem).remedy(remedy)
    };
    if cpus.len() < cores {
        let diagnostic = wrong("names fewer cores than the kernel waits for")
            .expected(format!(
                "{cores} nodes cpu@… in /cpus that are not disabled"
            ))
            .found(cpus.len().to_string());
        return Err(count.explain(diagnostic));
    }
    let mut known = BTreeSet::new();
    for Cpu { mpidr, .. } in cpus {
        if mpidr & !AFFINITY != 0 {
            return Err(wrong("names an impossible core")
                .expected(format!(
                    "a `reg` within {AFFINITY:#x}, the affinity in MPIDR_EL1"
                ))
                .found(format!("{mpidr:#x}")));
        }
        if !known.insert(mpidr) {
            return Err(wrong("names a core twice")
                .expected("another `reg` in each node of /cpus")
                .found(format!("{mpidr:#x} in two of them")));
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
