// SPDX-License-Identifier: BSD-2-Clause

//! Packed images that were changed after the build, or loaded only in part.

use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::firmware::loaded;
use kaal_harness::image::package_header;
use kaal_harness::probe::PASS;
use kaal_harness::qemu::End;
use kaal_harness::workspace::Workspace;
use kaal_payload::{LOCATOR_OFFSET, PhysRange};
use libtest_mimic::Trial;

use crate::firmware::{ALIASED, ELSEWHERE, GIB, IDENTITY, with_translation_on};
use crate::image::{Image, find};
use crate::package::{Layout, boot_at, change_header, change_largest};
use crate::{says, trial};

/// The load address.
const ADDRESS: u64 = 0x5000_0000;

const LZ4: &[&str] = &["--compress", "lz4"];
const VERIFIED: &[&str] = &["--verify", "crc32c"];

/// Parts of the header that a checksum covers, by offset.
const CHECKED: [(&str, usize); 8] = [
    ("checksum", 12),
    ("length", 48),
    ("chunk_count", 52),
    ("entry", 58),
    ("machine", 80),
    ("settings", 96),
    ("first_chunk", 104),
    ("later_chunk", 104 + 5 * 48 + 24),
];

/// Each word that is read before there is a stack.
const LOCATOR: [(&str, usize); 4] = [
    ("work_start", 0),
    ("slot_size", 8),
    ("package_size", 16),
    ("check", 24),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![
        trial(workspace, "package_damage::version", version),
        trial(workspace, "package_damage::without_magic_number", magic),
        trial(
            workspace,
            "package_damage::locator_in_flash",
            locator_in_flash,
        ),
        trial(
            workspace,
            "package_damage::translation_left_on",
            translation_left_on,
        ),
        trial(
            workspace,
            "package_damage::translation_to_elsewhere",
            translation_to_elsewhere,
        ),
        trial(workspace, "package_damage::cut_off", cut_off),
        trial(
            workspace,
            "package_damage::compressed_content",
            |workspace| content(workspace, LZ4),
        ),
        trial(workspace, "package_damage::verified_content", |workspace| {
            content(workspace, VERIFIED)
        }),
        trial(workspace, "package_damage::unverified_content", unverified),
        trial(workspace, "package_damage::block_of_less", |workspace| {
            block(workspace, less, "decompresses to fewer bytes than expected")
        }),
        trial(workspace, "package_damage::block_of_more", |workspace| {
            block(workspace, more, "decompresses to more bytes than expected")
        }),
        trial(
            workspace,
            "package_damage::block_without_end",
            |workspace| block(workspace, without_end, "ends within a sequence"),
        ),
        trial(workspace, "package_damage::block_of_offsets", |workspace| {
            block(workspace, offsets, "repeats bytes from outside of itself")
        }),
        trial(
            workspace,
            "package_damage::of_another_unpacker",
            another_unpacker,
        ),
    ];
    for (name, offset) in CHECKED {
        let name = format!("package_damage::header::{name}");
        trials.push(trial(workspace, name, move |workspace| {
            header(workspace, offset)
        }));
    }
    for (name, offset) in LOCATOR {
        let name = format!("package_damage::locator::{name}");
        trials.push(trial(workspace, name, move |workspace| {
            header(workspace, LOCATOR_OFFSET + offset)
        }));
    }
    trials
}

fn packed(workspace: &Workspace, flags: &[&'static str]) -> Result<Image> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = [&["--format", "raw"], flags].concat();
    image.pack(workspace)?;
    Ok(image)
}

/// Changes a byte of the header.
fn damage_header(image: &Image, offset: usize, change: impl FnOnce(&mut u8)) -> Result<()> {
    image.change(|bytes| {
        let (header, _) = package_header(bytes)?;
        change(&mut bytes[header + offset]);
        Ok(())
    })
}

fn header(workspace: &Workspace, offset: usize) -> Result<()> {
    let image = packed(workspace, &[])?;
    damage_header(&image, offset, |byte| *byte ^= 0x10)?;
    let console = boot_at(&image, ADDRESS, "KaaL: powering off")?;
    says(&console, "KaaL: error: package header: ")?;
    says(&console, "; the image is damaged, build or load it again")?;
    says_nothing_of_the_loader(&console)
}

fn says_nothing_of_the_loader(console: &str) -> Result<()> {
    ensure!(!console.contains("entering the kernel"), "{console}");
    Ok(())
}

fn version(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    damage_header(&image, 8, |byte| *byte = 99)?;
    let expected = "KaaL: error: package header: version 2 expected, 99 found";
    boot_at(&image, ADDRESS, expected).map(drop)
}

/// Without its first bytes, a header can't even name the console.
fn magic(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    damage_header(&image, 0, |byte| *byte ^= 1)?;
    let end = image.boot_silently()?;
    ensure!(end == End::TimedOut, "a halt expected, {end:?} found");
    Ok(())
}

/// There is no stack then, and the unpacker must not write to flash.
fn locator_in_flash(workspace: &Workspace) -> Result<()> {
    const FLASH_SIZE: usize = 64 << 20;

    let image = packed(workspace, &[])?;
    damage_header(&image, LOCATOR_OFFSET, |byte| *byte ^= 0x10)?;
    let flash = image.file("flash.bin");
    let mut content = fs::read(image.path())?;
    content.resize(FLASH_SIZE, 0xff);
    fs::write(&flash, &content)?;
    let file = flash.display().to_string().replace(',', ",,");
    let drive = format!("if=pflash,format=raw,file={file}");
    let end = image.run_silently(&["-drive".to_owned(), drive])?;
    ensure!(end == End::TimedOut, "a halt expected, {end:?} found");
    ensure!(fs::read(&flash)? == content, "the flash was written to");
    Ok(())
}

fn translation_left_on(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    let package = loaded(&image.path(), ADDRESS);
    let firmware = with_translation_on(&image, IDENTITY, 0, ADDRESS)?;
    image
        .boot_loaded(&[package, firmware].concat(), PASS)
        .map(drop)
}

fn translation_to_elsewhere(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    let package = loaded(&image.path(), ADDRESS);
    let firmware = with_translation_on(&image, ALIASED, GIB, ADDRESS)?;
    let console = image.boot_loaded(&[package, firmware].concat(), ELSEWHERE)?;
    says_nothing_of_the_loader(&console)
}

fn cut_off(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    image.change(|bytes| {
        bytes.truncate(bytes.len() - 64);
        Ok(())
    })?;
    let console = boot_at(&image, ADDRESS, "; load all of it")?;
    says(&console, "KaaL: error: the image ends before 0x5")?;
    says_nothing_of_the_loader(&console)
}

/// Changes a byte of the largest chunk.
fn content(workspace: &Workspace, flags: &[&'static str]) -> Result<()> {
    let image = packed(workspace, flags)?;
    let memory = damage_largest(&image)?;
    let console = boot_at(&image, ADDRESS, "; load the image again")?;
    says(&console, "KaaL: error: chunk ")?;
    says(&console, &format!(" ({memory}) is damaged: CRC-32C 0x"))?;
    says_nothing_of_the_loader(&console)
}

/// Flips a stored bit of the largest chunk, and returns the chunk's destination.
fn damage_largest(image: &Image) -> Result<PhysRange> {
    let layout = Layout::of(image)?;
    let largest = layout.chunks.iter().max_by_key(|chunk| chunk.stored().size);
    let largest = largest.context("no chunks")?;
    let stored = largest.stored();
    image.change(|bytes| {
        bytes[(stored.offset + stored.size / 2) as usize] ^= 0x10;
        Ok(())
    })?;
    Ok(largest.memory())
}

/// Without checksums, damaged content is used as it is, as in an ELF file.
fn unverified(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &["--verify", "none"])?;
    image.change(|bytes| {
        let text = find(bytes, b"task: hello from EL0").context("no text of the task")?;
        bytes[text] ^= 0x20;
        Ok(())
    })?;
    boot_at(&image, ADDRESS, "probe: FAIL  user image's CRC-32C").map(drop)
}

/// Replaces the stored block of the largest chunk, and corrects its checksum.
fn block(workspace: &Workspace, block: fn(&[u8]) -> Vec<u8>, reason: &str) -> Result<()> {
    let image = packed(workspace, LZ4)?;
    let memory = change_largest(&image, |old| Ok(block(old)))?;
    let expected = format!("({memory}) is damaged: it {reason}; load the image again");
    let console = boot_at(&image, ADDRESS, &expected)?;
    says(&console, "KaaL: error: chunk ")?;
    says_nothing_of_the_loader(&console)
}

/// Three literals.
fn less(_: &[u8]) -> Vec<u8> {
    b"\x30abc".to_vec()
}

/// A repeated literal, then five literals.
fn more(_: &[u8]) -> Vec<u8> {
    let mut block = b"\x1fa\x01\0".to_vec();
    block.extend([255; 200]);
    block.extend(b"\0\x50ended");
    block
}

/// Every block ends with literals; one of them is missing.
fn without_end(block: &[u8]) -> Vec<u8> {
    block[..block.len() - 1].to_vec()
}

/// A literal, and a match that begins before the output.
fn offsets(_: &[u8]) -> Vec<u8> {
    b"\x10a\x02\0\x50ended".to_vec()
}

fn another_unpacker(workspace: &Workspace) -> Result<()> {
    let image = packed(workspace, &[])?;
    change_header(&image, |package| package.scratch.slot_size += 0x1000)?;
    let expected = "KaaL: error: the package header is for another unpacker; build the image again";
    boot_at(&image, ADDRESS, expected).map(drop)
}
