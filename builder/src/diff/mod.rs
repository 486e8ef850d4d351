// SPDX-License-Identifier: BSD-2-Clause

//! Explains the differences between two images.
//!
//! One changed byte of the root task also changes digests in the payload header, the measurement, the device tree that
//! holds it and, with compression, all bytes behind. So this module compares each part by its meaning, and lists
//! differences that only follow from others apart.
//!
//! ```text
//!  side       an image with its manifest and, if found, the programs in it
//!  fields     settings, inputs and the payload header, field by field
//!  regions    the memory of the image, region by region
//!  nodes      device trees, property by property
//!  symbols    programs, function by function
//!  package    the unpacker and its settings
//!  report     all differences, as text or JSON
//! ```

mod bytes;
mod fields;
mod nodes;
mod package;
mod regions;
mod report;
mod side;
mod symbols;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use report::Report;
pub(crate) use side::Side;

/// Compares two images.
pub(crate) fn images(one: &Side<'_>, other: &Side<'_>) -> Report {
    let mut report = Report::default();
    if one.file == other.file {
        return report;
    }
    fields::compare(one, other, &mut report);
    regions::compare(one, other, &mut report);
    package::compare(one, other, &mut report);
    if report.is_empty() {
        let bytes = bytes::compare(one.file, other.file, 0);
        report.add("file", Vec::from_iter(bytes), false);
    }
    report
}

/// Compares two programs. `None` if either isn't an ELF file.
pub(crate) fn programs(one: &[u8], other: &[u8]) -> Option<Report> {
    let (ours, theirs) = (symbols::read(one)?, symbols::read(other)?);
    let mut report = Report::default();
    if let Some(bytes) = bytes::compare(one, other, 0) {
        let mut details = symbols::compare(&ours, &theirs);
        if details.is_empty() {
            details.push("no function or object".to_owned());
        }
        details.push(format!("in the file: {bytes}"));
        report.add("program", details, false);
    }
    Some(report)
}

/// Pairs the elements of two lists by index.
fn lists<'a, T>(
    one: &'a [T],
    other: &'a [T],
) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    let longer = one.len().max(other.len());
    (0..longer).map(|index| (one.get(index), other.get(index)))
}

/// Pairs the values of two maps by key.
fn maps<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter()
        .map(|key| (key, one.get(key), other.get(key)))
}

/// Says that only one side has something.
fn only(is_first: bool) -> &'static str {
    match is_first {
        true => "only in the first",
        false => "only in the second",
    }
}
