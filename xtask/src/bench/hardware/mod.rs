// SPDX-License-Identifier: BSD-2-Clause

//! Measures what boots cost real hardware, where each access costs much while the caches are off.

mod boot;
mod case;
mod peers;
mod row;
mod trees;

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::qemu::BootCost;

use self::boot::Boots;
use self::case::{CHOSEN, Case};
use self::row::Limits;
use super::subject::{Subject, packed};

pub(super) use row::{Row, table};

/// Measures images of `probe` and the real kernel's image, if there is one. `full` stands for all combinations. `peers`
/// is a folder with images of other loaders, which have the real kernel, or that of `probe`.
pub(super) fn measure(
    probe: &Subject,
    sel4: Option<&Subject>,
    full: bool,
    peers: Option<&Path>,
) -> Result<Vec<Row>> {
    let boots = Boots::new(probe)?;
    let cases = match full {
        true => Case::all(),
        false => CHOSEN.to_vec(),
    };
    let mut rows = Vec::new();
    for case in cases {
        rows.push(Row::new(case.to_string(), boots.cost(case)?, case.limits()));
    }
    if let Some(sel4) = sel4 {
        let name = "sel4, default options".to_owned();
        rows.push(Row::new(name, default_cost(sel4)?, Limits::CRC32C));
    }
    if let Some(folder) = peers {
        let subject = sel4.unwrap_or(probe);
        let end = entry(&subject.inputs.kernel)?;
        let peers = peers::measure(probe.workspace, folder, &subject.machine, end)?;
        rows.extend(peers);
    }
    Ok(rows)
}

/// The cost of an ELF file with the builder's default options.
fn default_cost(subject: &Subject) -> Result<BootCost> {
    let (inputs, image) = (packed(&subject.inputs, &[]), subject.image());
    inputs.pack(subject.workspace, &image)?;
    let end = entry(&inputs.kernel)?;
    BootCost::until(end, &subject.workspace.counter(), || {
        subject.machine.booting(&image)
    })
}

/// The address of the first instruction of the ELF file `program`.
fn entry(program: &Path) -> Result<u64> {
    elf::entry(&fs::read(program)?)
}
