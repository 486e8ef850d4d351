// SPDX-License-Identifier: BSD-2-Clause

//! Code in the loader's variables, and a pointer in a table of functions that leads to it. The CRC-32C of the loader's
//! variables stays the same.

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::{Elf, Sym};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use super::code::printing_on;
use crate::image::{crc32c, find};
use crate::segments::offset_of;
use crate::signed::Signed;
use crate::{says, trial};

/// The console of QEMU's virt machine.
const UART: u64 = 0x900_0000;

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

/// A signed image whose loader runs the attacker's code when it prints a formatted text, which it does before it enters
/// the kernel.
fn forged(workspace: &Workspace) -> Result<Signed> {
    let signed = Signed::new(workspace)?;
    let base = signed.image.payload(|payload| payload.load_address)?.0;
    let file = fs::read(&signed.image.inputs.loader)?;
    let elf = Elf::parse(&file)?;
    let printer = base + symbol(&elf, "Terminal", "write_str")?.st_value;
    // This table is for the firmware's device tree, which a loader for signed images ignores.
    let table = symbol(&elf, "console", "MODELS")?;
    let room = base + table.st_value;
    signed.image.change(|image| {
        let place = offset_of(image, room)?;
        let pointer = find(&image[place..], &printer.to_le_bytes());
        let pointer = place + pointer.context("no pointer to the printer behind the table")?;
        let code = printing_on(UART);
        let free = place + code.len();
        let end = pointer + size_of::<u64>();
        ensure!(free + size_of::<u32>() <= pointer, "no room for the code");
        let before = image[place..end].to_vec();
        image[place..free].copy_from_slice(&code);
        image[pointer..end].copy_from_slice(&room.to_le_bytes());
        keep_crc32c(&before, &mut image[place..end], code.len());
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
