// SPDX-License-Identifier: BSD-2-Clause

//! Determines the cores that the kernel waits for.

use std::collections::BTreeSet;

use kaal_payload::Cpu;

use super::core_nodes::{CoreNode, Way};
use super::device_tree::DeviceTree;
use super::kernel::symbol;
use crate::diagnostic::{Diagnostic, Flag, Origin, Subject};
use crate::options::Inputs;
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

/// The lock of kernels for several cores (seL4 16.0.0, `src/smp/lock.c`).
const LOCK: &str = "big_kernel_lock";

/// The number of cores that the kernel waits for: the value of `--cores`, or else of the kernel's
/// configuration, or else 1, unless the kernel's symbols show that it is for several. The two must agree. The caller has
/// checked `--cores`.
pub(crate) fn count(
    inputs: &Inputs<'_>,
    configured: Option<(Origin<'_>, u32)>,
) -> Result<Count, Diagnostic> {
    if let Some((origin, cores)) = configured {
        check(origin, cores)?;
    }
    let asked = inputs.settings.cores;
    let value = asked.map(|cores| cores.to_string()).unwrap_or_default();
    let asked = asked.map(|cores| (Origin::new(Flag::Cores, &value), cores));
    if let (Some((origin, found)), Some((config, expected))) = (asked, configured)
        && found != expected
    {
        return Err(origin
            .diagnostic("differs from the kernel's configuration")
            .expected(format!("{expected} (MAX_NUM_NODES)"))
            .because_of(config)
            .found(found.to_string())
            .remedy(
                "leave the option out, or pass the kernel and configuration of another build",
            ));
    }
    let (origin, cores) = asked.or(configured).unzip();
    if let (None, Some(kernel)) = (cores, inputs.system.kernel())
        && symbol(kernel.content, LOCK).is_some()
    {
        return Err(kernel
            .origin(Flag::Kernel)
            .diagnostic("waits for several cores, but nothing says for how many")
            .expected("the kernel's configuration, or --cores")
            .found("neither")
            .remedy("add `--kernel-config FILE` with the gen_config.json of the kernel's build"));
    }
    Ok(Count {
        cores: cores.unwrap_or(1),
        reason: origin.map(Subject::from),
    })
}

/// The first `count` cores of a device tree; none for a single core.
///
/// # Errors
///
/// Returns an error if there are fewer, or if the loader can't start one of them.
pub(crate) fn choose(tree: &DeviceTree<'_>, count: &Count) -> Result<Vec<Cpu>, Diagnostic> {
    let (origin, cpus) = (tree.origin, &tree.cpus);
    let cores = count.cores as usize;
    if cores == 1 {
        return Ok(Vec::new());
    }
    let wrong = |problem: &str| {
        let remedy = "pass the device tree of the machine that the kernel is built for";
        origin.diagnostic(problem).remedy(remedy)
    };
    if cpus.len() < cores {
        let mut nodes = tree.core_nodes.iter();
        if let Some(diagnostic) = nodes.find_map(|node| unknown_word(origin, node, count)) {
            return Err(diagnostic);
        }
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
    let cpus: Vec<_> = cpus.iter().take(cores).copied().collect();
    let no_way = others(tree, &cpus).find_map(|node| no_way(origin, node, count));
    match no_way {
        Some(diagnostic) => Err(diagnostic),
        None => Ok(cpus),
    }
}

/// The nodes of the cores to start: all of `cpus` except the first, which boots.
fn others<'a>(tree: &'a DeviceTree<'_>, cpus: &'a [Cpu]) -> impl Iterator<Item = &'a CoreNode> {
    let others = cpus.iter().skip(1);
    others.filter_map(|cpu| {
        let mut nodes = tree.core_nodes.iter();
        nodes.find(|node| node.mpidr == cpu.mpidr)
    })
}

/// The kernel waits for the core of `node`, but nothing starts it.
fn not_startable(origin: Origin<'_>, node: &CoreNode) -> Diagnostic {
    let problem = format!(
        "does not say how to start {}, which the kernel waits for",
        node.name
    );
    origin.diagnostic(problem)
}

/// The error for a core that polls an unknown word.
fn unknown_word(origin: Origin<'_>, node: &CoreNode, count: &Count) -> Option<Diagnostic> {
    let Way::UnknownWord(found) = &node.way else {
        return None;
    };
    let diagnostic = not_startable(origin, node)
        .expected("a `cpu-release-addr`, as its `enable-method` is spin-table")
        .found(*found)
        .remedy(
            "add the address that the machine's firmware uses, or build the kernel for fewer cores",
        );
    Some(count.explain(diagnostic))
}

/// The error for a core that can't be started.
fn no_way(origin: Origin<'_>, node: &CoreNode, count: &Count) -> Option<Diagnostic> {
    let Way::Unusable(found) = &node.way else {
        return unknown_word(origin, node, count);
    };
    let diagnostic = not_startable(origin, node)
        .expected(
            "a PSCI node with `compatible` arm,psci-0.2 or arm,psci-1.0 and `method` smc or hvc, \
             or the `enable-method` spin-table",
        )
        .found(found)
        .remedy(
            "correct the node if the firmware has PSCI 0.2 or newer, or build the kernel for one core",
        );
    Some(count.explain(diagnostic))
}

/// The warning about the first of `cpus` that starts only if the loader is entered at EL3.
pub(crate) fn only_at_el3(
    tree: &DeviceTree<'_>,
    cpus: &[Cpu],
    count: &Count,
) -> Option<Diagnostic> {
    let mut others = others(tree, cpus);
    let node = others.find(|node| matches!(node.way, Way::OnlyAtEl3))?;
    let diagnostic = not_startable(tree.origin, node)
        .expected("a PSCI node, or the `enable-method` spin-table")
        .found("neither")
        .remedy(
            "enter the loader at EL3 on all cores; otherwise, pass the machine's own device tree",
        );
    Some(count.explain(diagnostic))
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
