// SPDX-License-Identifier: BSD-2-Clause

//! Signed payload headers that name page tables in memory that no digest covers: what a boot loader puts there maps the
//! kernel.

use std::fs;

use anyhow::{Context, Result};
use kaal_harness::workspace::Workspace;
use kaal_payload::{PAGE_SIZE, PhysAddr, TranslationTables};
use libtest_mimic::Trial;

use super::fields::refused;
use crate::segments::{load, memory};
use crate::signed::Signed;
use crate::trial;

/// RAM that the image doesn't use.
const FREE: u64 = 0x7000_0000;

/// The root of page tables in a payload header.
type Root = fn(&mut TranslationTables) -> Option<&mut PhysAddr>;

/// The address of a copy of the tables.
type Place = fn(&Signed) -> Result<PhysAddr>;

const MOVES: [(&str, Root, Place); 4] = [
    ("kernel_in_the_slot", of_the_kernel, end_of_the_slot),
    ("kernel_in_free_memory", of_the_kernel, free_memory),
    ("loader_in_the_slot", of_the_loader, end_of_the_slot),
    ("loader_in_free_memory", of_the_loader, free_memory),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let test = |(name, root, place): (_, Root, Place)| {
        let name = format!("forged::tables::{name}");
        trial(workspace, name, move |workspace| {
            let signed = Signed::new(workspace)?;
            move_to(place(&signed)?, root, &signed)?;
            refused(&signed, "translation tables")
        })
    };
    MOVES.into_iter().map(test).collect()
}

fn of_the_kernel(tables: &mut TranslationTables) -> Option<&mut PhysAddr> {
    tables.ttbr1.as_mut()
}

/// The tables that map the loader at its own address.
fn of_the_loader(tables: &mut TranslationTables) -> Option<&mut PhysAddr> {
    Some(&mut tables.ttbr0)
}

fn end_of_the_slot(signed: &Signed) -> Result<PhysAddr> {
    let slot = signed.image.payload(|payload| payload.device_tree)?;
    Ok(PhysAddr(slot.start.0 + slot.capacity - PAGE_SIZE))
}

fn free_memory(_: &Signed) -> Result<PhysAddr> {
    Ok(PhysAddr(FREE))
}

/// Makes the boot loader load a copy of a root to `place`, and the header name the copy.
fn move_to(place: PhysAddr, root: Root, signed: &Signed) -> Result<()> {
    let mut tables = signed.image.payload(|payload| payload.tables)?;
    let original = root(&mut tables).context("no such tables")?;
    let image = fs::read(signed.image.path())?;
    let content = memory(&image, original.0, PAGE_SIZE as usize)?;
    load(&signed.image, place.0, &content)?;
    signed.sign_changed(|payload| {
        if let Some(address) = root(&mut payload.tables) {
            *address = place;
        }
    })
}
