// SPDX-License-Identifier: BSD-2-Clause

//! Compares the memory of images, region by region.

use std::borrow::Cow;

use kaal_payload::{PhysRange, RegionKind};

use super::report::Report;
use super::side::Side;
use super::{bytes, lists, nodes, only, symbols};
use crate::diagnostic::Flag;
use crate::signing;

/// All kinds of regions, and the option of the program in each.
const KINDS: [(RegionKind, Option<Flag>); 5] = [
    (RegionKind::Kernel, Some(Flag::Kernel)),
    (RegionKind::UserImage, Some(Flag::App)),
    (RegionKind::DeviceTree, None),
    (RegionKind::TranslationTables, None),
    (RegionKind::Symbols, None),
];

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    for (kind, program) in KINDS {
        compare_kind(one, other, kind, program, report);
    }
    compare_loaders(one, other, report);
}

/// Compares the regions of `kind`, which hold the `program` of this option.
fn compare_kind(
    one: &Side<'_>,
    other: &Side<'_>,
    kind: RegionKind,
    program: Option<Flag>,
    report: &mut Report,
) {
    let (ours, theirs) = (regions(one, kind), regions(other, kind));
    let mut details: Vec<_> = lists(&ours, &theirs)
        .filter_map(|pair| match pair {
            (Some(ours), Some(theirs)) => compare_one(ours, theirs),
            (Some((memory, _)), None) => Some(format!("{memory}: {}", only(true))),
            (None, Some((memory, _))) => Some(format!("{memory}: {}", only(false))),
            (None, None) => None,
        })
        .collect();
    if details.is_empty() {
        return;
    }
    if let Some(flag) = program {
        details.extend(symbols::of_programs(one, other, flag, report));
    }
    let follows = match kind {
        RegionKind::Kernel | RegionKind::UserImage => false,
        RegionKind::DeviceTree => {
            let (lines, are_computed) = match (ours.as_slice(), theirs.as_slice()) {
                ([(_, ours), ..], [(_, theirs), ..]) => nodes::compare(ours, theirs),
                _ => (Vec::new(), false),
            };
            let follows = !lines.is_empty() && are_computed;
            details.extend(lines);
            follows
        }
        RegionKind::TranslationTables => {
            let mut pairs = ours.iter().zip(&theirs);
            one.image.payload().load_address != other.image.payload().load_address
                || pairs.any(|(ours, theirs)| ours.0 != theirs.0)
        }
        RegionKind::Symbols => true,
    };
    report.add(&kind.to_string(), details, follows);
}

/// The regions of `kind`: memory and stored bytes.
fn regions<'a>(side: &'a Side<'_>, kind: RegionKind) -> Vec<(PhysRange, Cow<'a, [u8]>)> {
    let payload = side.image.payload();
    let regions = payload.regions.iter();
    regions
        .filter(|region| region.kind() == Some(kind))
        .filter_map(|region| Some((region.memory()?, side.image.stored(region)?)))
        .collect()
}

/// How two regions differ in place or content.
fn compare_one(
    (one, ours): &(PhysRange, Cow<'_, [u8]>),
    (other, theirs): &(PhysRange, Cow<'_, [u8]>),
) -> Option<String> {
    let place = match one == other {
        true => one.to_string(),
        false => format!("{one} and {other}"),
    };
    match bytes::compare(ours, theirs, one.start.0) {
        Some(bytes) => Some(format!("{place}: {bytes}")),
        None if one != other => Some(format!("{place}, with the same content")),
        None => None,
    }
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
    let mut details = vec![match memories {
        [one, other] if one.start == other.start => format!("{one}: {bytes}"),
        [one, other] => format!("{one} and {other}: {bytes}"),
    }];
    let anchors = [one, other].map(trust);
    if anchors[0] != anchors[1] {
        details.push(format!("trusts {}, {}", anchors[0], anchors[1]));
    }
    let hashes = [one, other].map(|side| Some(side.input(Flag::Loader)?["sha256"].clone()));
    let is_same = hashes[0].is_some() && hashes[0] == hashes[1];
    if !is_same {
        details.extend(symbols::of_programs(one, other, Flag::Loader, report));
    }
    let is_moved = memories[0].start != memories[1].start;
    report.add("loader", details, is_same && is_moved);
}

/// The keys that the loader trusts.
fn trust(side: &Side<'_>) -> String {
    match side.image.trust_anchor() {
        Some(anchor) => {
            let keys = signing::key_ids(anchor.keys(), " and ");
            format!("key {keys} from version {} on", anchor.min_version)
        }
        None => "nobody".to_owned(),
    }
}
