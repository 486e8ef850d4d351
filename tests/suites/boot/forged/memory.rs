// SPDX-License-Identifier: BSD-2-Clause

//! Bytes that a boot loader adds to an image where nobody signed any.

use anyhow::{Context, Result};
use kaal_harness::image::payload_header;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::image::Image;
use crate::integrity::FOREIGN;
use crate::segments::{address_of, load};
use crate::signed::Signed;
use crate::{says, trial};

/// The name of memory, its address, and the loader's error.
type Place = (&'static str, fn(&Image) -> Result<u64>, &'static str);

const PLACES: [Place; 3] = [
    (
        "behind_the_device_tree",
        behind_the_device_tree,
        "is damaged: not zero behind its content",
    ),
    (
        "at_the_end_of_the_slot",
        end_of_the_slot,
        "is damaged: not zero behind its content",
    ),
    (
        "behind_the_payload_header",
        behind_the_payload_header,
        "KaaL: error: ",
    ),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let test = |(name, place, error): Place| {
        let name = format!("forged::memory::{name}");
        trial(workspace, name, move |workspace| {
            let signed = Signed::new(workspace)?;
            load(&signed.image, place(&signed.image)?, FOREIGN)?;
            says(&signed.image.boot("KaaL: powering off")?, error)
        })
    };
    PLACES.into_iter().map(test).collect()
}

fn behind_the_device_tree(image: &Image) -> Result<u64> {
    let slot = image.payload(|payload| payload.device_tree)?;
    Ok(slot.start.0 + slot.size)
}

fn end_of_the_slot(image: &Image) -> Result<u64> {
    let slot = image.payload(|payload| payload.device_tree)?;
    Ok(slot.start.0 + slot.capacity - FOREIGN.len() as u64)
}

fn behind_the_payload_header(image: &Image) -> Result<u64> {
    let bytes = std::fs::read(image.path())?;
    let (header, _) = payload_header(&bytes)?;
    let last = header.end.checked_sub(1).context("no header")?;
    Ok(address_of(&bytes, last)? + 1)
}
