// SPDX-License-Identifier: BSD-2-Clause

//! Says in words what differs between two images.
//!
//! That two files differ, any program can tell. What it means is in what the bytes are: a byte of the
//! root task also changes digests in the payload header, the measurement, the device tree that holds
//! it, and with compression all that lies behind. So each part is compared as what it is, and what only
//! follows from another difference is set apart.
//!
//! ```text
//!  side       an image with its manifest, and the programs that it was made of, as far as they are found
//!  fields     settings, and the payload header by the names of its fields
//!  regions    the memory that the image makes, part by part
//!  nodes      device trees by nodes and properties
//!  symbols    programs by functions and objects
//!  report     all of it, in words or as JSON
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

use report::Difference;

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
        report.add(Difference::new("file", Vec::from_iter(bytes)));
    }
    report
}

/// Compares two programs; `None` where one of both isn't an ELF file.
pub(crate) fn programs(one: &[u8], other: &[u8]) -> Option<Report> {
    let symbols = (symbols::read(one)?, symbols::read(other)?);
    let mut report = Report::default();
    if let Some(bytes) = bytes::compare(one, other, 0) {
        let mut details = symbols::compare(&symbols.0, &symbols.1);
        if details.is_empty() {
            details.push("no function or object".to_owned());
        }
        details.push(format!("in the file: {bytes}"));
        report.add(Difference::new("program", details));
    }
    Some(report)
}

/// The elements of two lists, those at the same place together.
fn lists<'a, T>(
    one: &'a [T],
    other: &'a [T],
) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    let longer = one.len().max(other.len());
    (0..longer).map(|index| (one.get(index), other.get(index)))
}

/// The values of two maps, those of the same key together.
fn maps<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter()
        .map(|key| (key, one.get(key), other.get(key)))
}

/// Says that only one side has something: the first, or the second.
fn only(is_first: bool) -> &'static str {
    match is_first {
        true => "only in the first",
        false => "only in the second",
    }
}
