// SPDX-License-Identifier: BSD-2-Clause

//! The table of symbols, which a report of a fault must not read before the loader has checked the signature.

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_harness::workspace::Workspace;
use kaal_payload::RegionKind;
use libtest_mimic::Trial;

use super::loader::symbol;
use crate::image::find;
use crate::integrity::first_of_kind;
use crate::segments::offset_of;
use crate::signed::Signed;
use crate::{says, trial};

/// A function that the loader calls to check the signature, and another name of the same length. Both lack the last
/// letter, which differs in the table.
const FUNCTION: &str = "sha256_of_part";
const FORGED: &str = "forged_by_user";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![trial(workspace, "forged::report::symbols", symbols)]
}

/// An undefined instruction stands for a fault before the loader has checked the signature.
fn symbols(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    let base = signed.image.payload(|payload| payload.load_address)?.0;
    let loader = fs::read(&signed.image.inputs.loader)?;
    let function = symbol(&Elf::parse(&loader)?, "kaal_integrity", FUNCTION)?;
    let function = base + function.st_value;
    let (table, size) = first_of_kind(&signed.image, RegionKind::Symbols)?;
    signed.image.change(|image| {
        let instruction = offset_of(image, function)?;
        image[instruction..][..4].fill(0);
        let table = offset_of(image, table.start.0)?;
        let table = &mut image[table..][..usize::try_from(size)?];
        let name = find(table, FUNCTION.as_bytes()).context("the function has no name")?;
        table[name..][..FORGED.len()].copy_from_slice(FORGED.as_bytes());
        Ok(())
    })?;
    let console = signed.image.boot("KaaL: powering off")?;
    says(&console, "KaaL: fault: undefined instruction")?;
    says(&console, "KaaL: ELR ")?;
    ensure!(!console.contains(FORGED), "{console}");
    Ok(())
}
