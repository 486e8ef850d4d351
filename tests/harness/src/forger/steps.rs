// SPDX-License-Identifier: BSD-2-Clause

//! Changes an image by random steps.

use super::choice::Choice;
use super::image::{Container, Image};
use super::signed::Signed;
use super::{header, memory};

/// One of this many steps changes the loader or the unpacker, which only `check` verifies.
const TRUSTED_CODE: u32 = 24;

/// Forges `signed` by the choices of `seed`. Returns the file and the steps.
pub(super) fn forge(signed: &Signed, seed: u64) -> (Vec<u8>, Vec<String>) {
    let mut choice = Choice::new(seed, &signed.addresses);
    let (mut image, mut steps) = (signed.image.clone(), Vec::new());
    loop {
        let mut changed = image.clone();
        // A step can be impossible after others.
        if let Some(step) = step(&mut changed, &mut choice, signed) {
            image = changed;
            steps.push(step);
        }
        if !steps.is_empty() && choice.once_in(3) {
            let file = image.write();
            if let Some(file) = file.filter(|file| *file != signed.file) {
                return (file, steps);
            }
            (image, steps) = (signed.image.clone(), Vec::new());
        }
    }
}

/// Makes a step. Returns a description, or `None` if it is impossible.
fn step(image: &mut Image, choice: &mut Choice<'_>, signed: &Signed) -> Option<String> {
    if choice.once_in(TRUSTED_CODE) {
        return trusted_code(image, choice, signed);
    }
    match choice.below(12) {
        0..4 => header::field(image, choice, &signed.older),
        4 => header::region(image, choice),
        5 => header::sign(image, choice, &signed.forgers_key),
        6 => {
            image.mend_digests()?;
            Some("all digests".to_owned())
        }
        7 => memory::content(image, choice, &signed.older),
        8 => Some(memory::older(image, &signed.older)),
        9..11 => memory::segment(image, choice),
        _ => container(image, choice),
    }
}

/// Changes code that decides what is trusted, and that the stage before it must protect.
fn trusted_code(image: &mut Image, choice: &mut Choice<'_>, signed: &Signed) -> Option<String> {
    let forgers = signed.forgers_key.verifying_key();
    match (&mut image.container, choice.below(3)) {
        (Container::Packed(packed), 0) => Some(packed.change_unpacker(choice)),
        (_, 1) => header::replace_key(image, &signed.trusted, forgers.as_bytes()),
        _ => memory::loader(image, choice),
    }
}

/// Changes a field of the headers of the file.
fn container(image: &mut Image, choice: &mut Choice<'_>) -> Option<String> {
    match &mut image.container {
        Container::Executable(executable) => executable.change_field(choice, &image.loads),
        Container::Packed(packed) if choice.once_in(2) => Some(packed.change_value(choice)),
        Container::Packed(packed) => packed.change_field(choice, &image.loads),
    }
}
