// SPDX-License-Identifier: BSD-2-Clause

//! Follows the loader instruction by instruction and finds the start of each step.

use std::io::BufRead;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use goblin::elf::Elf;
use kaal_payload::{LOADER_MAX_SIZE, Payload};
use zerocopy::IntoBytes;

use crate::image::{self, Inputs};
use crate::qemu::{self, Entry, Logged, Machine};
use crate::workspace::{Program, Workspace};

/// The name of the last step in reports. The sources use the constant [`LAST_CONSTANT`].
const LAST: &str = "entering the kernel";

const LAST_CONSTANT: &str = "state::ENTER_KERNEL";

/// The effect of each step on memory.
const MEMORY: [(&str, &str); 12] = [
    (
        "verifying the loader",
        "reads the loader, and its digest in the payload header",
    ),
    (
        "reading the device tree that x0 points to",
        "reads the header of the firmware's device tree",
    ),
    (
        "turning the caches on",
        "writes page tables in the loader's memory",
    ),
    ("reading the payload header", "reads the header"),
    (
        "reading the device tree",
        "reads the firmware's device tree",
    ),
    (
        "checking the payload against the machine",
        "reads header, device tree and the processor's ID registers",
    ),
    ("verifying the image", "reads each region"),
    (
        "moving the firmware's device tree",
        "writes the device tree's slot, if the firmware has a tree",
    ),
    (
        "turning the caches off",
        "writes back the page tables, variables and stack",
    ),
    (
        "starting the other cores",
        "writes the memory that waiting cores poll, if there are any",
    ),
    (
        "lowering the exception level",
        "none: writes registers only",
    ),
    (LAST, "turns on the MMU with the image's page tables"),
];

/// A way to boot a kernel.
struct Way {
    /// The exception level at which the firmware enters the loader, and the kind of kernel.
    title: &'static str,
    machine: &'static str,
    probe: Program,
}

const WAYS: [Way; 4] = [
    Way {
        title: "from EL1",
        machine: "virt",
        probe: Program::Probe,
    },
    Way {
        title: "from EL3",
        machine: "virt,secure=on",
        probe: Program::Probe,
    },
    Way {
        title: "from EL2, hypervisor",
        machine: "virt,virtualization=on",
        probe: Program::ProbeHyp,
    },
    Way {
        title: "from EL3, hypervisor",
        machine: "virt,secure=on,virtualization=on",
        probe: Program::ProbeHyp,
    },
];

/// A step of a boot.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    /// The exception level at which it begins.
    level: String,
    /// The number of its instructions.
    instructions: u64,
}

/// A table of the steps that the loader's `source` names, for each way to boot.
pub(super) fn table(workspace: &Workspace, source: &str) -> Result<String> {
    let names = names(source)?;
    let scratch = tempfile::tempdir()?;
    let mut boots = Vec::new();
    for way in &WAYS {
        let machine = Machine {
            machine: way.machine.to_owned(),
            cpu: "cortex-a57".to_owned(),
            ..Machine::ordinary()
        };
        let inputs = Inputs::probe(workspace, way.probe, &machine, scratch.path())?;
        let image = scratch.path().join("image.elf");
        inputs.pack(workspace, &image)?;
        boots.push(follow(&machine, &image, &names)?);
    }
    let titles: Vec<_> = WAYS.iter().map(|way| way.title).collect();
    let mut rows = vec![
        format!("| | step | memory | {} |", titles.join(" | ")),
        format!("|---|---|---|{}", "---|".repeat(titles.len())),
    ];
    for (index, name) in names.iter().enumerate() {
        let (_, memory) = MEMORY
            .iter()
            .find(|(step, _)| step == name)
            .with_context(|| format!("the table lacks the effect of {name:?} on memory"))?;
        let steps = boots.iter().filter_map(|boot| boot.get(index));
        let cells: Vec<_> = steps
            .map(|step| format!("{}: {}", step.level, step.instructions))
            .collect();
        let number = index + 1;
        rows.push(format!(
            "| {number} | {name} | {memory} | {} |",
            cells.join(" | ")
        ));
    }
    Ok(rows.join("\n") + "\n")
}

/// The loader's steps, by their names in reports.
fn names(source: &str) -> Result<Vec<&str>> {
    let begun = source.split("state::begin(").skip(1);
    let names: Vec<_> = begun
        .filter_map(|rest| match rest.strip_prefix('"') {
            Some(name) => name.split('"').next(),
            None => rest.starts_with(LAST_CONSTANT).then_some(LAST),
        })
        .collect();
    ensure!(!names.is_empty(), "the loader's source names no steps");
    Ok(names)
}

/// The steps of a boot of `image`.
fn follow(machine: &Machine, image: &Path, names: &[&str]) -> Result<Vec<Step>> {
    let content =
        std::fs::read(image).with_context(|| format!("failed to read {}", image.display()))?;
    let (_, header) = image::payload_header(&content)?;
    let payload = Payload::parse(header.as_bytes(), image::crc32c)?;
    let names = names.iter().map(|name| places(&content, name));
    let names = names.collect::<Result<Vec<_>>>()?;
    let loader = payload.load_address.0..payload.load_address.0 + LOADER_MAX_SIZE;
    let kernel = payload.kernel_entry.0;
    let only = [loader, kernel..kernel + 4];
    qemu::follow(machine.booting(image), Logged::Registers, &only, |log| {
        steps(log, &names, kernel)
    })
}

/// The addresses of `name` in the memory of `image`.
fn places(image: &[u8], name: &str) -> Result<Vec<u64>> {
    let elf = Elf::parse(image)?;
    let mut places = Vec::new();
    for segment in &elf.program_headers {
        let content = image.get(segment.file_range()).unwrap_or_default();
        let windows = content.windows(name.len()).zip(segment.p_paddr..);
        let found = windows.filter(|(window, _)| *window == name.as_bytes());
        places.extend(found.map(|(_, place)| place));
    }
    ensure!(!places.is_empty(), "the loader has no step {name:?}");
    Ok(places)
}

/// Reads QEMU's log up to the instruction at `kernel`. A step begins when a register points to its name.
fn steps(log: impl BufRead, names: &[Vec<u64>], kernel: u64) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for line in log.lines() {
        let line = line?;
        match Entry::parse(&line) {
            Some(Entry::Executed { address, .. }) if address == kernel => {
                ensure!(
                    steps.len() == names.len(),
                    "only {} steps were seen",
                    steps.len()
                );
                return Ok(steps);
            }
            Some(Entry::Executed { .. }) => {
                if let Some(step) = steps.last_mut() {
                    step.instructions += 1;
                }
            }
            Some(Entry::Interrupted) => {
                if let Some(step) = steps.last_mut() {
                    step.instructions = step.instructions.saturating_sub(1);
                }
            }
            None => {
                let next = names
                    .get(steps.len())
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                if qemu::registers(&line).any(|(_, value)| next.contains(&value)) {
                    steps.push(Step::default());
                }
                if let (Some(step), Some(level)) = (steps.last_mut(), qemu::level(&line))
                    && step.level.is_empty()
                {
                    step.level = level.to_owned();
                }
            }
        }
    }
    bail!("QEMU ended before the kernel was entered");
}

#[cfg(test)]
mod tests {
    use super::{Step, names, steps};

    const LOG: &str = "\
Trace 0: 0x7f0000000100 [00000000/0000000040000000/00000013/ff000000]
 PC=0000000040000000 X00=0000000000000000 X01=0000000000000000
PSTATE=400003cd -Z-- EL3h
Trace 0: 0x7f0000000200 [00000000/0000000040000004/00000013/ff000000]
 PC=0000000040000004 X00=0000000000000000 X01=0000000000000500
PSTATE=400003cd -Z-- EL3h
Trace 0: 0x7f0000000300 [00000000/0000000040000008/00000013/ff000000]
 PC=0000000040000008 X00=0000000000000600 X01=0000000000000500
PSTATE=400003c9 -Z-- EL2h
Trace 0: 0x7f0000000400 [00000000/0000000060000000/00000013/ff000000]
";

    #[test]
    fn a_step_begins_where_its_name_is_known() {
        let step = |level: &str, instructions| Step {
            level: level.to_owned(),
            instructions,
        };
        let places = [vec![0x500], vec![0x600, 0x700]];
        let found = steps(LOG.as_bytes(), &places, 0x6000_0000).unwrap();
        assert_eq!(found, [step("EL3h", 1), step("EL2h", 0)]);
        assert!(steps(LOG.as_bytes(), &[vec![0x800]], 0x6000_0000).is_err());
        assert!(steps(LOG.as_bytes(), &places, 0x8000_0000).is_err());
    }

    #[test]
    fn names_are_those_of_reports() {
        let source = "state::begin(\"a\"); state::begin(state::ENTER_KERNEL); state::begin(b)";
        assert_eq!(names(source).unwrap(), ["a", "entering the kernel"]);
        assert!(names("").is_err());
    }
}
