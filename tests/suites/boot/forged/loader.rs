// SPDX-License-Identifier: BSD-2-Clause

//! A pointer in the loader's table of functions that leads elsewhere. The CRC-32C of the table stays the same.

use std::fs;

use anyhow::{Context, Result};
use goblin::elf::{Elf, Sym};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::image::{crc32c, find};
use crate::signed::Signed;
use crate::{says, trial};

/// Size in bytes of a pointer.
const WORD: usize = 8;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "forged::loader::boot", |workspace| {
            let console = forged(workspace)?.image.boot("KaaL: powering off")?;
            says(&console, "KaaL: error: the loader is ")
        }),
        trial(workspace, "forged::loader::check", |workspace| {
            says(&forged(workspace)?.check()?, "(rule integrity)")
        }),
        trial(workspace, "forged::loader::sign", |workspace| {
            says(&forged(workspace)?.sign()?, "the loader")
        }),
    ]
}

/// A signed image whose loader sleeps when it prints a formatted text, which it does before it enters the kernel.
fn forged(workspace: &Workspace) -> Result<Signed> {
    let signed = Signed::new(workspace)?;
    let base = signed.image.payload(|payload| payload.load_address)?.0;
    let file = fs::read(&signed.image.inputs.loader)?;
    let elf = Elf::parse(&file)?;
    let [printer, sleeper] = [("Terminal", "write_str"), ("stop", "park")]
        .map(|(module, name)| symbol(&elf, module, name).map(|found| base + found.st_value));
    let (printer, sleeper) = (printer?.to_le_bytes(), sleeper?.to_le_bytes());
    signed.image.change(|image| {
        let pointer = find(image, &printer).context("no pointer to the printer")?;
        // Before it, the table has a size and an alignment, which nothing reads.
        let table = &mut image[pointer - 2 * WORD..pointer + WORD];
        let before = table.to_vec();
        table[2 * WORD..].copy_from_slice(&sleeper);
        keep_crc32c(&before, table, 0);
        Ok(())
    })?;
    Ok(signed)
}

/// The loader's symbol whose mangled name contains both texts.
pub(super) fn symbol(loader: &Elf<'_>, module: &str, name: &str) -> Result<Sym> {
    let mut symbols = loader.syms.iter();
    let symbol = symbols.find(|symbol| {
        let found = loader.strtab.get_at(symbol.st_name).unwrap_or_default();
        found.contains(module) && found.contains(name)
    });
    symbol.with_context(|| format!("the loader has no {module}::{name}"))
}

/// Changes the four bytes at `free` in `changed` so that its CRC-32C, and that of all memory around it, is that of
/// `before`.
///
/// A CRC is affine, so the bytes' difference alone must bring its register from zero to zero. Computes the register
/// before the free bytes from both ends.
fn keep_crc32c(before: &[u8], changed: &mut [u8], free: usize) {
    /// Castagnoli's polynomial, reflected (RFC 3720, section 12.1).
    const POLYNOMIAL: u32 = 0x82f6_3b78;

    let place = free..free + size_of::<u32>();
    changed[place.clone()].copy_from_slice(&before[place.clone()]);
    let pairs = before.iter().zip(&*changed);
    let difference: Vec<u8> = pairs.map(|(one, other)| one ^ other).collect();
    let mut register = crc32c(&difference[..free]) ^ crc32c(&vec![0; free]);
    let mut backwards = 0u32;
    for &byte in difference[free..].iter().rev() {
        for _ in 0..u8::BITS {
            let bit = backwards >> 31;
            backwards = (backwards ^ (bit * POLYNOMIAL)) << 1 | bit;
        }
        backwards ^= u32::from(byte);
    }
    register ^= backwards;
    for (byte, change) in changed[place].iter_mut().zip(register.to_le_bytes()) {
        *byte ^= change;
    }
}
