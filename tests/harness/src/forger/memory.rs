// SPDX-License-Identifier: BSD-2-Clause

//! Changes of the memory that an image makes.

use super::choice::Choice;
use super::image::{Image, Load};

/// Changes memory outside of the loader. `older` is another image of the same signer.
pub(super) fn content(image: &mut Image, choice: &mut Choice<'_>, older: &Image) -> Option<String> {
    let index = unprotected(image, choice)?;
    let load = &mut image.loads[index];
    let address = load.address;
    let mut others = older.loads.iter();
    let other = others.find(|other| other.address == address);
    if let Some(other) = other.filter(|_| choice.once_in(4)) {
        *load = other.clone();
        return Some(format!("{address:#x} is as in the older image"));
    }
    Some(overwrite(load, choice))
}

/// Changes everything but the loader to what the older image has.
pub(super) fn older(image: &mut Image, older: &Image) -> String {
    let loader = image.loader;
    let is_loader = |load: &&Load| loader.contains(load.address);
    let own = image.loads.iter().filter(is_loader);
    let others = older.loads.iter().filter(|load| !is_loader(load));
    let mut loads: Vec<_> = own.chain(others).cloned().collect();
    loads.sort_by_key(|load| load.address);
    image.loads = loads;
    "all but the loader is as in the older image".to_owned()
}

/// Changes the loader.
pub(super) fn loader(image: &mut Image, choice: &mut Choice<'_>) -> Option<String> {
    let loader = image.loader;
    let mut loads: Vec<_> = image.loads.iter_mut().collect();
    loads.retain(|load| loader.contains(load.address));
    let index = choice.index(loads.len())?;
    Some(overwrite(loads[index], choice))
}

/// Overwrites a part of the content of `load`.
fn overwrite(load: &mut Load, choice: &mut Choice<'_>) -> String {
    let part = choice.part(load.content.len());
    let bytes = match choice.once_in(3) {
        true => vec![0; part.len()],
        false => choice.bytes(part.len()),
    };
    load.content[part.clone()].copy_from_slice(&bytes);
    format!("{:#x}: other bytes at {part:x?}", load.address)
}

/// The index of memory outside of the loader.
fn unprotected(image: &Image, choice: &mut Choice<'_>) -> Option<usize> {
    let mut indices: Vec<_> = (0..image.loads.len()).collect();
    indices.retain(|&index| !image.loader.contains(image.loads[index].address));
    let place = choice.index(indices.len())?;
    Some(indices[place])
}

/// Changes where memory is filled, and how much.
pub(super) fn segment(image: &mut Image, choice: &mut Choice<'_>) -> Option<String> {
    let index = unprotected(image, choice)?;
    let loads = &mut image.loads;
    let load = &mut loads[index];
    let address = load.address;
    let change = match choice.below(12) {
        0 => {
            loads.remove(index);
            "removed".to_owned()
        }
        1 => {
            let other = choice.index(loads.len())?;
            loads.swap(index, other);
            format!("swapped with {:#x}", loads[index].address)
        }
        2 => {
            load.address = choice.address();
            format!("moved to {:#x}", load.address)
        }
        3 => {
            let at = choice.below(load.content.len() as u64);
            let behind = load.content.split_off(at as usize);
            let size = load.memory_size.saturating_sub(at);
            load.memory_size = at;
            let behind = Load {
                address: address + at,
                memory_size: size,
                content: behind,
            };
            loads.insert(index + 1, behind);
            format!("split at {at:#x}")
        }
        4 => {
            let size = choice.below(load.content.len() as u64);
            load.content.truncate(size as usize);
            format!("shortened to {size:#x}")
        }
        5 => {
            load.memory_size = choice.size();
            format!("with {:#x} bytes of memory", load.memory_size)
        }
        6 => {
            let size = choice.size() as usize;
            load.content.extend(choice.bytes(size));
            load.memory_size = load.memory_size.max(load.content.len() as u64);
            format!("lengthened by {size:#x} random bytes")
        }
        _ => {
            let size = choice.size();
            let content = choice.below(size + 1) as usize;
            let new = Load {
                address: choice.address(),
                memory_size: size,
                content: choice.bytes(content),
            };
            let change = format!(
                "followed by {content:#x} random bytes at {:#x}",
                new.address
            );
            loads.insert(index + 1, new);
            change
        }
    };
    // The builder's order, which `check` demands.
    if choice.once_in(2) {
        loads.sort_by_key(|load| load.address);
    }
    Some(format!("segment {address:#x} {change}"))
}
