// SPDX-License-Identifier: BSD-2-Clause

//! Applies the unpacker's own relocations, for the address that it runs at.

use kaal_runtime::address_of;

/// Tags of `.dynamic` (System V ABI, chapter 5).
const DT_NULL: u64 = 0;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;

/// `Elf64_Dyn`
#[repr(C)]
struct Dynamic {
    tag: u64,
    value: u64,
}

/// `Elf64_Rela`; the builder has checked that its type is `R_AARCH64_RELATIVE`.
#[repr(C)]
struct Relocation {
    offset: u64,
    _info: u64,
    addend: u64,
}

/// Applies all relocations. Code before this must not need one.
pub(crate) fn apply() {
    let image = address_of!("__ehdr_start").cast_mut();
    let mut dynamic: *const Dynamic = address_of!("_DYNAMIC").cast();
    let (mut start, mut size) = (0, 0);
    // SAFETY: the linker ends the table with DT_NULL.
    unsafe {
        while (*dynamic).tag != DT_NULL {
            match (*dynamic).tag {
                DT_RELA => start = (*dynamic).value,
                DT_RELASZ => size = (*dynamic).value,
                _ => {}
            }
            dynamic = dynamic.add(1);
        }
    }
    let relocations = image.wrapping_add(start as usize).cast::<Relocation>();
    for index in 0..size as usize / size_of::<Relocation>() {
        // SAFETY: the size is the linker's, and each relocation changes a word of this image.
        unsafe {
            let relocation = relocations.add(index);
            let word = image.add((*relocation).offset as usize).cast::<u64>();
            word.write(image.addr() as u64 + (*relocation).addend);
        }
    }
}
