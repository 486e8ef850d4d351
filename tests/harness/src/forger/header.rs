// SPDX-License-Identifier: BSD-2-Clause

//! Changes of the payload header.

use ed25519_dalek::{Signer, SigningKey};
use kaal_payload::{PhysAddr, PhysRange, PublicKey, Region, RegionKind, key_id, signed_message};
use sha2::{Digest, Sha256};

use super::choice::Choice;
use super::image::{CHECKSUM, Image};

const KINDS: [RegionKind; 5] = [
    RegionKind::Kernel,
    RegionKind::DeviceTree,
    RegionKind::UserImage,
    RegionKind::TranslationTables,
    RegionKind::Symbols,
];

/// Changes any field to any value. `other` is another image.
pub(super) fn field(image: &mut Image, choice: &mut Choice<'_>, other: &Image) -> Option<String> {
    let others = other.clone().header()?.clone();
    let header = image.header()?;
    let start = CHECKSUM.end;
    let change = choice.change_field(header.get_mut(start..)?, others.get(start..)?)?;
    image.mend_header();
    Some(format!("payload header from {start:#x}: {change}"))
}

/// Changes the list of regions.
pub(super) fn region(image: &mut Image, choice: &mut Choice<'_>) -> Option<String> {
    image.change_payload(|_, _, regions| {
        let index = choice.index(regions.len())?;
        let change = match choice.below(5) {
            0 => {
                let other = choice.index(regions.len())?;
                regions.swap(index, other);
                format!("swapped with {other}")
            }
            1 => {
                regions.remove(index);
                "removed".to_owned()
            }
            2 => {
                regions.insert(index, regions[index]);
                "repeated".to_owned()
            }
            3 => {
                regions.insert(index, another(regions[index], choice)?);
                format!("inserted: {:?}", regions[index])
            }
            _ => {
                regions[index] = another(regions[index], choice)?;
                format!("now {:?}", regions[index])
            }
        };
        Some(format!("region {index} {change}"))
    })
}

/// A region that differs from `region` in something.
fn another(region: Region, choice: &mut Choice<'_>) -> Option<Region> {
    let (mut kind, mut memory) = (region.kind()?, region.memory()?);
    let (mut file_size, mut size) = (region.file_size(), memory.size());
    match choice.below(4) {
        0 => kind = choice.one_of(&KINDS),
        1 => memory.start = PhysAddr(choice.address()),
        2 => file_size = choice.below(size + 1),
        _ => size = file_size.max(choice.size()),
    }
    let memory = PhysRange::from_size(memory.start, size)?;
    Some(Region::new(kind, memory, file_size, *region.digest()))
}

/// Signs the image with the forger's own key.
pub(super) fn sign(image: &mut Image, choice: &mut Choice<'_>, key: &SigningKey) -> Option<String> {
    let names_key = choice.once_in(2);
    image.change_payload(|_, payload, _| {
        if names_key {
            payload.key_id = key_id(key.verifying_key().as_bytes());
        }
        Some(())
    })?;
    let header = image.header()?.clone();
    image.change_payload(|_, payload, _| {
        let message = signed_message(&Sha256::digest(payload.signed_part(&header)?).into());
        payload.signature = key.sign(&message).to_bytes();
        Some(())
    })?;
    Some(format!("signed with another key, named: {names_key}"))
}

/// Replaces the key in the loader.
pub(super) fn replace_key(image: &mut Image, old: &PublicKey, new: &PublicKey) -> Option<String> {
    for load in &mut image.loads {
        let mut places = load.content.windows(old.len());
        if let Some(place) = places.position(|place| place == old) {
            load.content[place..][..new.len()].copy_from_slice(new);
            return Some(format!("key in {:#x} replaced", load.address));
        }
    }
    None
}
