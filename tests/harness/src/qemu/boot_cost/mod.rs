// SPDX-License-Identifier: BSD-2-Clause

//! Counts what a boot on one core costs real hardware: accesses that the caches don't serve.
//!
//! QEMU runs the boot twice. A plugin counts in each segment of the boot with one exception level and one value of each
//! SCTLR_ELx. QEMU's log then tells which level and values these are: before QEMU 9.0, plugins can't read registers.
//!
//! The count leaves out how pages are mapped: an access with the data cache on counts as cached.

mod segment;
mod state;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::{End, Watch, devices, run};
use segment::Segment;
use state::{Core, Snapshot};

/// The plugin prints this on standard output at the end of the count.
const END: &str = "KAAL_COUNTER_END";

/// Longer than any boot takes.
const TIME_LIMIT: Duration = Duration::from_secs(100);

/// Nanoseconds of an instruction, and of an access to DRAM.
const INSTRUCTION: u64 = 1;
const DRAM: u64 = 100;

/// The cost of a boot on one core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BootCost {
    /// All instructions.
    pub instructions: u64,
    /// Data accesses of at most 8 bytes with the data cache off: SCTLR_ELx.C or M is 0 at the current level.
    pub accesses: u64,
    /// Instruction fetches of 16 bytes with the instruction cache off: SCTLR_ELx.I is 0 at the current level.
    pub lines: u64,
}

impl BootCost {
    /// Counts until the core executes the instruction at the virtual address `end`. `boot` makes the command that boots
    /// an image, without options for the console. `plugin` is the file of the package `kaal-counter`.
    ///
    /// # Errors
    ///
    /// Fails if QEMU can't load the plugin, or ends before `end`.
    pub fn until(end: u64, plugin: &Path, boot: impl Fn() -> Command) -> Result<Self> {
        let segments = count(end, plugin, boot())?;
        let snapshots = Snapshot::of_each(&segments, boot())?;
        Ok(Self::sum(&segments, &snapshots))
    }

    /// The time by a simple model: 1 ns for an instruction, and 100 ns for each access that no cache serves.
    pub fn nanoseconds(&self) -> u64 {
        INSTRUCTION * self.instructions + DRAM * (self.accesses + self.lines)
    }

    fn sum(segments: &[Segment], snapshots: &[Snapshot]) -> Self {
        let mut core = Core::default();
        let mut sum = Self::default();
        for (segment, snapshot) in segments.iter().zip(snapshots) {
            let caches = core.enter(segment, snapshot);
            sum.instructions += segment.counts.instructions;
            sum.accesses += u64::from(!caches.data) * segment.counts.accesses;
            sum.lines += u64::from(!caches.instructions) * segment.counts.lines;
        }
        sum
    }
}

/// Boots with the plugin, and returns its counts.
fn count(end: u64, plugin: &Path, mut boot: Command) -> Result<Vec<Segment>> {
    let file = devices::value(plugin);
    boot.args(["-accel", "tcg,thread=single"]);
    boot.args(["-plugin", &format!("file={file},end={end:#x}")]);
    let watch = Watch {
        expect: Some(END.to_owned()),
        limit: Some(TIME_LIMIT),
        ..Watch::default()
    };
    let report = run(boot, &watch)?;
    let lines = report.messages.lines();
    let others = lines.clone().filter(|line| Segment::parse(line).is_none());
    ensure!(
        report.end == End::Expected,
        "{end:#x} was not reached, the run ended with {:?}:\n{}{}",
        report.end,
        report.console,
        others.collect::<Vec<_>>().join("\n")
    );
    Ok(lines.filter_map(Segment::parse).collect())
}

#[cfg(test)]
mod tests {
    use super::BootCost;
    use super::segment::Segment;
    use super::state::Snapshot;

    const M: u64 = 1 << 0;
    const C: u64 = 1 << 2;
    const I: u64 = 1 << 12;

    /// A segment after a write of `value` to SCTLR_EL2 or SCTLR_EL1, at `level`.
    fn cost(register: &str, value: u64, level: usize) -> BootCost {
        let segments = ["0 1 - 1 10 100", &format!("4 1 {register}=x3 2 20 200")];
        let segments = segments.map(|counts| Segment::parse(&format!("segment {counts}")).unwrap());
        let mut registers = [0; 31];
        registers[3] = value;
        let snapshots = [2, level].map(|level| Snapshot { level, registers });
        BootCost::sum(&segments, &snapshots)
    }

    fn uncached(accesses: u64, lines: u64) -> BootCost {
        BootCost {
            instructions: 3,
            accesses,
            lines,
        }
    }

    #[test]
    fn each_cache_has_its_bits() {
        assert_eq!(cost("el2", 0, 2), uncached(30, 300));
        assert_eq!(cost("el2", I, 2), uncached(30, 100));
        assert_eq!(cost("el2", C, 2), uncached(30, 300));
        assert_eq!(cost("el2", M, 2), uncached(30, 300));
        assert_eq!(cost("el2", M | C, 2), uncached(10, 300));
        assert_eq!(cost("el2", M | C | I, 2), uncached(10, 100));
    }

    #[test]
    fn only_the_register_of_the_current_level_counts() {
        assert_eq!(cost("el1", M | C | I, 2), uncached(30, 300));
        assert_eq!(cost("el1", M | C | I, 1), uncached(10, 100));
        assert_eq!(cost("el2", M | C | I, 1), uncached(30, 300));
    }

    #[test]
    fn the_model_counts_each_access() {
        assert_eq!(uncached(20, 1).nanoseconds(), 2_103);
    }
}
