// SPDX-License-Identifier: BSD-2-Clause

//! Compares the machine in a payload header with the embedded device tree and the loader's note.

use kaal_devicetree::{Facts, Header};
use kaal_payload::{Machine, PhysRange};

use super::{ImageReader, damaged};
use crate::diagnostic::Diagnostic;
use crate::format::cores;

/// Checks that machine and cores are those of the embedded device tree, and that a loader for signed
/// images knows the same console and firmware.
pub(super) fn check(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    let slot = payload.device_tree;
    let blob = PhysRange::from_size(slot.start, slot.size).filter(|blob| !blob.is_empty());
    let blob = blob.and_then(|blob| image.bytes(blob));
    let tree = blob.as_deref().map(|blob| read(image, blob)).transpose()?;

    let of_loader = image.trust_anchor().map(|anchor| Machine {
        gic: payload.machine.gic,
        ..anchor.machine()
    });
    let of_tree = tree.as_ref().map(|(_, facts)| facts.machine);
    let sources = [
        (of_loader, "that of the loader's note"),
        (of_tree, "that of the embedded device tree"),
    ];
    for (machine, expected) in sources {
        let difference = machine.and_then(|machine| difference(payload.machine, machine));
        if let Some(name) = difference {
            return Err(contradiction(image, name, expected));
        }
    }

    let known = tree.map_or(Vec::new(), |(header, facts)| {
        cores::in_order(&header, &facts)
    });
    let wanted = match payload.cores {
        1 => 0,
        cores => cores as usize,
    };
    // An image whose kernel gets no device tree doesn't hold the one that named its cores.
    let holds_their_tree = slot.size > 0 || slot.takes_another();
    let is_sound = match holds_their_tree {
        true => payload.cpus.iter().eq(known.iter().take(wanted)),
        false => [0, wanted].contains(&payload.cpus.len()),
    };
    match is_sound {
        true => Ok(()),
        false => Err(contradiction(
            image,
            "list of cores",
            "the first cores of the embedded device tree, the boot core before the others",
        )),
    }
}

fn read(image: &ImageReader<'_>, blob: &[u8]) -> Result<(Header, Facts), Diagnostic> {
    let malformed = |found: String| {
        damaged(image.origin(), "its device tree is damaged")
            .expected("a flattened device tree")
            .found(found)
    };
    let header = Header::parse(blob).map_err(|error| malformed(error.to_string()))?;
    let (_, facts) = Facts::parse(blob).map_err(|error| malformed(error.to_string()))?;
    Ok((header, facts))
}

/// The name of the first part that differs.
fn difference(one: Machine, other: Machine) -> Option<&'static str> {
    let parts = [
        ("console", one.console == other.console),
        ("PSCI conduit", one.psci == other.psci),
        ("interrupt controller", one.gic == other.gic),
    ];
    let different = parts.iter().find(|(_, is_same)| !is_same);
    different.map(|(name, _)| *name)
}

fn contradiction(image: &ImageReader<'_>, what: &str, expected: &str) -> Diagnostic {
    let problem = format!("the {what} in its payload header is damaged");
    damaged(image.origin(), problem)
        .expected(expected)
        .found("another")
}
