// SPDX-License-Identifier: BSD-2-Clause

//! Consoles in an unsigned payload header: what the loader prints before it has checked the signature would change
//! memory.

use std::fs;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result, ensure};
use kaal_harness::qemu::Board;
use kaal_harness::workspace::Workspace;
use kaal_payload::{
    AccessSize, Console, ConsoleKind, PhysAddr, PhysRange, PsciConduit, TrustAnchor,
};
use libtest_mimic::Trial;
use zerocopy::IntoBytes;

use super::code::{MARK, printing_on};
use crate::image::{Image, find};
use crate::package::{change_payload, replace_chunk};
use crate::segments::{address_of, offset_of};
use crate::signed::{NOT_BY_THE_KEY, Signed};
use crate::uarts::RASPI3B;
use crate::{says, trial};

/// The start of RAM of QEMU's virt machine.
const RAM: u64 = 0x4000_0000;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "forged::console::over_the_key", over_the_key),
        trial(
            workspace,
            "forged::console::over_a_release_word",
            over_a_release_word,
        ),
        trial(workspace, "forged::console::conduit", conduit),
    ]
}

/// The registers of an i.MX UART whose base lies before the loader, and whose transmit register is the loader's key.
fn over_the_key(workspace: &Workspace) -> Result<()> {
    /// UTXD and UTS with a register shift of 4, and the bit TXFULL of UTS.
    const DATA: u64 = 0x40 << 4;
    const STATUS: u64 = 0xb4 << 4;
    const FULL: u8 = 1 << 4;

    let signed = Signed::new(workspace)?;
    let image = fs::read(signed.image.path())?;
    let note = signed.anchor()?;
    let note = find(&image, note.as_bytes()).context("the loader has no note with a key")?;
    let key = address_of(&image, note)?;
    let has_room =
        |base: &u64| offset_of(&image, base + STATUS).is_ok_and(|status| image[status] & FULL == 0);
    let mut bases = (key..key + 32).map(|byte| byte - DATA);
    let base = bases.find(has_room);
    let base = base.context("no byte of the key can be written")?;
    signed.image.change_payload(|payload| {
        payload.machine.console = Some(Console {
            kind: ConsoleKind::Imx,
            base: PhysAddr(base),
            register_shift: 4,
            access_size: AccessSize::Byte,
        });
    })?;

    let memory = signed.image.file("ram");
    let backend = format!(
        "memory-backend-file,id=ram,size={},mem-path={},share=on",
        signed.image.machine.memory,
        memory.display().to_string().replace(',', ",,")
    );
    let arguments = ["-object", &backend, "-machine", "memory-backend=ram"].map(str::to_owned);
    let booted = signed.image.boot_with(&arguments, "KaaL: powering off");
    let mut found = [0; size_of::<TrustAnchor>()];
    fs::File::open(memory)?.read_exact_at(&mut found, key - RAM)?;
    ensure!(
        found == image[note..][..found.len()],
        "the loader's error changed its key to {:x?}",
        &found[..32]
    );
    says(&booted?, NOT_BY_THE_KEY)
}

/// The word that core 1 of a Raspberry Pi polls for an address is the data register of a PL011, and the attacker's code
/// lies where each byte of the loader's error leads.
fn over_a_release_word(workspace: &Workspace) -> Result<()> {
    /// The first of the words that QEMU's firmware polls (QEMU, `hw/arm/raspi.c`, `SPINTABLE_ADDR`).
    const WORDS: u64 = 0xd8;
    /// Printable characters are addresses from here on.
    const START: usize = 0x20;
    const CODE: usize = 0x80;
    /// The handler of an address that isn't aligned. It is on the reset value of VBAR_EL2.
    const VECTOR: usize = 0x200;
    const NOP: u32 = 0xd503_201f;
    /// `b CODE`
    const BRANCH: u32 = 0x1400_0000 | (CODE as u32).wrapping_sub(VECTOR as u32) >> 2 & 0x3ff_ffff;

    let mut image = RASPI3B.image(workspace)?;
    image.machine = Board::of("bcm2837")?.machine(false);
    image.machine.serial = 0;
    let signed = Signed::of(workspace, image)?;
    signed.pack(&["--format", "image"])?;

    let code = printing_on(RASPI3B.uart);
    let mut content = NOP.to_le_bytes().repeat((VECTOR - START) / 4);
    content[CODE - START..][..code.len()].copy_from_slice(&code);
    content[WORDS as usize - START..].fill(0);
    content.extend(BRANCH.to_le_bytes());
    // It takes the place of the kernel, which is not needed.
    let memory = PhysRange::new(PhysAddr(START as u64), content.len() as u64);
    replace_chunk(&signed.image, 0, memory, &content)?;
    change_payload(&signed.image, |payload| {
        payload.machine.console = Some(Console {
            kind: ConsoleKind::Pl011,
            base: PhysAddr(WORDS + 8),
            register_shift: 0,
            access_size: AccessSize::Byte,
        });
    })?;
    let console = signed.image.boot("KaaL: no firmware to power off with")?;
    says(&console, NOT_BY_THE_KEY)?;
    ensure!(!console.contains(MARK), "{console}");
    Ok(())
}

/// At EL2, the loader powers off by SMC. An HVC would lead back to itself.
fn conduit(workspace: &Workspace) -> Result<()> {
    let signed = Signed::of(workspace, Image::hypervisor(workspace)?)?;
    signed
        .image
        .change_payload(|payload| payload.machine.psci = Some(PsciConduit::Hvc))?;
    let console = signed.image.boot("KaaL: powering off")?;
    says(&console, NOT_BY_THE_KEY)
}
