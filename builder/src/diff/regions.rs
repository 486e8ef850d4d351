// SPDX-License-Identifier: BSD-2-Clause

//! The memory that images make, part by part.

use kaal_payload::{KeyId, PhysAddr, Region, RegionKind, TRUST_NOTE_TYPE, TrustAnchor, key_id};
use zerocopy::FromBytes;

use super::report::{Difference, Report};
use super::side::Side;
use super::{bytes, nodes, symbols};
use crate::manifest::Role;

/// All kinds, with the program that such regions come from.
const KINDS: [(RegionKind, Option<Role>); 5] = [
    (RegionKind::Kernel, Some(Role::Kernel)),
    (RegionKind::UserImage, Some(Role::RootTask)),
    (RegionKind::DeviceTree, None),
    (RegionKind::TranslationTables, None),
    (RegionKind::Symbols, None),
];

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let is_moved = one.image.payload().load_address != other.image.payload().load_address;
    for (kind, role) in KINDS {
        let (details, is_kind_moved) = compare_kind(one, other, kind);
        if details.is_empty() {
            continue;
        }
        let mut difference = Difference::new(kind.to_string());
        difference.details = details;
        match (kind, role) {
            (RegionKind::DeviceTree, _) => {
                let lines = nodes::compare(&device_tree(one), &device_tree(other));
                if !lines.is_empty() && lines.iter().all(|line| nodes::is_computed(line)) {
                    difference = difference.following();
                }
                difference.details.extend(lines);
            }
            (RegionKind::TranslationTables, _) if is_moved || is_kind_moved => {
                difference = difference.following();
            }
            (RegionKind::Symbols, _) => difference = difference.following(),
            (_, Some(role)) => name_symbols(one, other, role, &mut difference, report),
            _ => {}
        }
        report.add(difference);
    }
    compare_loaders(one, other, report);
}

/// In what the regions of `kind` differ, and whether they lie elsewhere.
fn compare_kind(one: &Side<'_>, other: &Side<'_>, kind: RegionKind) -> (Vec<String>, bool) {
    let regions = |side: &Side<'_>| {
        let regions = side.image.payload().regions.iter().copied();
        regions
            .filter(|region| region.kind() == Some(kind))
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (regions(one), regions(other));
    let mut details = Vec::new();
    let mut is_moved = false;
    for index in 0..ours.len().max(theirs.len()) {
        match (ours.get(index), theirs.get(index)) {
            (Some(ours), Some(theirs)) => {
                let (place, moved) = place(ours, theirs);
                is_moved |= moved;
                let contents = (one.image.stored(ours), other.image.stored(theirs));
                let bytes = match &contents {
                    (Some(ours_stored), Some(theirs)) => {
                        bytes::compare(ours_stored, theirs, start(ours).0)
                    }
                    _ => None,
                };
                match bytes {
                    Some(bytes) => details.push(format!("{place}: {bytes}")),
                    None if moved => details.push(format!("{place}, with the same content")),
                    None => {}
                }
            }
            (Some(region), None) => details.push(only(region, "first")),
            (None, Some(region)) => details.push(only(region, "second")),
            (None, None) => {}
        }
    }
    (details, is_moved)
}

/// Where two regions lie, and whether at different places.
fn place(one: &Region, other: &Region) -> (String, bool) {
    match (one.memory(), other.memory()) {
        (Some(one), Some(other)) if one != other => (format!("{one} and {other}"), true),
        (Some(one), _) => (one.to_string(), false),
        (None, _) => (String::new(), false),
    }
}

fn only(region: &Region, side: &str) -> String {
    let memory = region.memory().map(|memory| memory.to_string());
    format!("{}: only in the {side}", memory.unwrap_or_default())
}

fn start(region: &Region) -> PhysAddr {
    region.memory().map_or(PhysAddr(0), |memory| memory.start)
}

/// The device tree that is embedded; empty where none is.
fn device_tree(side: &Side<'_>) -> Vec<u8> {
    let payload = side.image.payload();
    let mut regions = payload.regions.iter();
    let region = regions.find(|region| region.kind() == Some(RegionKind::DeviceTree));
    let stored = region.and_then(|region| side.image.stored(region));
    stored.map(Vec::from).unwrap_or_default()
}

/// Adds to `difference` in which functions and objects the programs differ that it comes from.
fn name_symbols(
    one: &Side<'_>,
    other: &Side<'_>,
    role: Role,
    difference: &mut Difference,
    report: &mut Report,
) {
    let (Some((name, ours)), Some((_, theirs))) = (one.program(role), other.program(role)) else {
        report.note(
            "programs are named symbol by symbol where both images have their manifests, and their \
             programs lie beside them, in debug/ there or in the folders that --programs names"
                .to_owned(),
        );
        return;
    };
    let lines = symbols::compare(&ours, &theirs);
    let lines = lines.into_iter().map(|line| format!("{name}: {line}"));
    difference.details.extend(lines);
}

fn compare_loaders(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let memories = [one, other].map(|side| side.image.loader());
    let contents = (one.image.bytes(memories[0]), other.image.bytes(memories[1]));
    let (Some(ours), Some(theirs)) = &contents else {
        return;
    };
    let Some(bytes) = bytes::compare(ours, theirs, memories[0].start.0) else {
        return;
    };
    let mut difference = Difference::new("loader").detail(Some(match memories {
        [one, other] if one.start == other.start => format!("{one}: {bytes}"),
        [one, other] => format!("{one} and {other}: {bytes}"),
    }));
    let anchors = [one, other].map(trust);
    if anchors[0] != anchors[1] {
        let [one, other] = anchors.map(|anchor| anchor.unwrap_or("nobody".to_owned()));
        difference = difference.detail(Some(format!("trusts {one}, {other}")));
    }
    let hashes = [one, other].map(|side| Some(side.input(Role::Loader)?["sha256"].clone()));
    let is_same = hashes[0].is_some() && hashes[0] == hashes[1];
    if is_same && memories[0].start != memories[1].start {
        report.add(difference.following());
        return;
    }
    if !is_same {
        name_symbols(one, other, Role::Loader, &mut difference, report);
    }
    report.add(difference);
}

/// Whom a loader for signed images trusts.
fn trust(side: &Side<'_>) -> Option<String> {
    let notes = side.image.loader_notes(TRUST_NOTE_TYPE);
    let anchor = TrustAnchor::read_from_bytes(notes.first()?).ok()?;
    Some(format!(
        "key {} from version {} on",
        KeyId(key_id(&anchor.key)),
        anchor.min_version
    ))
}
