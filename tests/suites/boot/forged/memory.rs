// SPDX-License-Identifier: BSD-2-Clause

//! Bytes that a boot loader adds to an image where nobody signed any: the loader clears them or refuses the image.

use anyhow::{Context, Result};
use kaal_harness::image::payload_header;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::image::Image;
use crate::integrity::FOREIGN;
use crate::segments::{address_of, load};
use crate::signed::Signed;
use crate::trial;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let cleared = "the memory behind the device tree is zero";
    let refused = "KaaL: powering off";
    vec![
        forged(
            workspace,
            "behind_the_device_tree",
            behind_the_device_tree,
            cleared,
        ),
        forged(
            workspace,
            "at_the_end_of_the_slot",
            end_of_the_slot,
            cleared,
        ),
        forged(
            workspace,
            "behind_the_payload_header",
            behind_the_payload_header,
            refused,
        ),
    ]
}

/// A test that loads foreign bytes at `place`, and expects the console to say `outcome`.
fn forged(
    workspace: &Workspace,
    name: &str,
    place: fn(&Image) -> Result<u64>,
    outcome: &'static str,
) -> Trial {
    trial(
        workspace,
        format!("forged::memory::{name}"),
        move |workspace| {
            let signed = Signed::new(workspace)?;
            load(&signed.image, place(&signed.image)?, FOREIGN)?;
            signed.image.boot(outcome).map(drop)
        },
    )
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
