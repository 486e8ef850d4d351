// SPDX-License-Identifier: BSD-2-Clause

//! Checks the format against other options.

use kaal_payload::PhysAddr;

use super::{Given, Settings};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::format::{Compression, Format, IMAGE_ALIGNMENT, not_runnable_at, uimage};

/// Most characters in the name of a key: those of a node's name (Devicetree Specification v0.4, section 2.2.1), without
/// U-Boot's `key-`.
const KEY_NAME_MAX_SIZE: usize = 27;

/// Returns all problems with options about the format.
pub(super) fn check(settings: &Settings<'_>, given: &Given<'_>) -> Vec<Diagnostic> {
    let (has_unpacker, has_stub) = (given.unpacker, given.efi_stub);
    let Settings {
        format,
        compression,
        load_address,
        fit_key_name,
        ..
    } = *settings;
    let is_compressed = compression == Compression::Lz4;
    let diagnostics = match format {
        Format::Elf => [
            is_compressed.then(|| only_for_packages(Flag::Compress, "lz4")),
            load_address.map(|address| only_for_packages(Flag::LoadAddress, &address.to_string())),
            None,
        ],
        Format::Efi => [
            (!has_unpacker).then(|| no_unpacker(format)),
            (!has_stub).then(no_stub),
            load_address.map(|address| chosen_by_firmware(format, address)),
        ],
        Format::Fit => [
            (!has_unpacker).then(|| no_unpacker(format)),
            load_address.map(|address| chosen_by_firmware(format, address)),
            fit_key_name.and_then(|name| check_key_name(name).err()),
        ],
        Format::Raw | Format::Uimage | Format::Image => [
            (!has_unpacker).then(|| no_unpacker(format)),
            match load_address {
                Some(address) => check_load_address(format, address).err(),
                None => (format == Format::Uimage).then(no_load_address),
            },
            None,
        ],
    };
    let ignored = fit_key_name.filter(|_| format != Format::Fit);
    let ignored = ignored.map(|name| only_for_fit(name, format));
    diagnostics.into_iter().chain([ignored]).flatten().collect()
}

fn only_for_packages(flag: Flag, value: &str) -> Diagnostic {
    Origin::new(flag, value)
        .diagnostic("not for an ELF file, whose segments lie where they are used")
        .expected(match flag {
            Flag::LoadAddress => "--format raw, uimage or image",
            _ => "--format raw, uimage, image, efi or fit",
        })
        .found_option(Format::Elf.origin())
        .remedy("leave the option out, or choose another format")
}

fn no_unpacker(format: Format) -> Diagnostic {
    format
        .origin()
        .diagnostic("needs an unpacker")
        .expected("the option --unpacker")
        .found("none")
        .remedy("pass target/kaal/unpacker.elf, which `cargo xtask build` makes")
}

fn no_stub() -> Diagnostic {
    Format::Efi
        .origin()
        .diagnostic("needs a UEFI stub")
        .expected("the option --efi-stub")
        .found("none")
        .remedy("pass target/kaal/efi-stub.elf, which `cargo xtask build` makes")
}

fn chosen_by_firmware(format: Format, address: PhysAddr) -> Diagnostic {
    Origin::new(Flag::LoadAddress, &address.to_string())
        .diagnostic("not for this format, for which the firmware chooses the address")
        .expected("--format raw, uimage or image")
        .found_option(format.origin())
        .remedy("leave the option out, or choose another format")
}

fn only_for_fit(name: &str, format: Format) -> Diagnostic {
    Origin::new(Flag::FitKeyName, name)
        .diagnostic("only a FIT image names the key to sign it with")
        .expected("--format fit")
        .found_option(format.origin())
        .remedy("leave the option out, or choose this format")
}

/// `mkimage` finds the key in a file of this name, and U-Boot in a node of this name.
fn check_key_name(name: &str) -> Result<(), Diagnostic> {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=KEY_NAME_MAX_SIZE).contains(&name.len()) && name.bytes().all(is_sound) {
        return Ok(());
    }
    Err(Origin::new(Flag::FitKeyName, name)
        .diagnostic("not the name of a key")
        .expected(format!(
            "at most {KEY_NAME_MAX_SIZE} letters, digits, - and _"
        ))
        .found(format!("{name:?}"))
        .remedy("pass the name of the files in mkimage's -k folder, without .key and .crt"))
}

fn no_load_address() -> Diagnostic {
    Format::Uimage
        .origin()
        .diagnostic("needs a load address")
        .expected("the option --load-address")
        .found("none")
        .remedy(format!(
            "pass a multiple of {IMAGE_ALIGNMENT:#x} that is RAM, like 0x42000000 on QEMU's virt"
        ))
}

fn check_load_address(format: Format, address: PhysAddr) -> Result<(), Diagnostic> {
    let alignment = format.alignment();
    if !address.0.is_multiple_of(alignment) {
        return Err(not_runnable_at(address)
            .expected(format!("a multiple of {alignment:#x}"))
            .because_of(format.origin())
            .found(address.to_string())
            .remedy("pass another address"));
    }
    match format {
        Format::Uimage => uimage::address_field(address).map(drop),
        _ => Ok(()),
    }
}
