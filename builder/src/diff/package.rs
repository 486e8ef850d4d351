// SPDX-License-Identifier: BSD-2-Clause

//! What images that are not ELF files have besides the memory that they become.

use super::report::{Difference, Report};
use super::side::Side;
use super::{bytes, symbols};
use crate::format::{head, uimage};
use crate::manifest::Role;

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let packages = (one.image.package(), other.image.package());
    let (Some(ours), Some(theirs)) = &packages else {
        return;
    };
    let loads = [one, other].map(|side| uimage::load_address(side.file));
    if loads[0] != loads[1] {
        let [one, other] = loads.map(|address| match address {
            Some(address) => address.to_string(),
            None => "none".to_owned(),
        });
        let difference = Difference::new("load address");
        report.add(difference.detail(Some(format!("{one}, {other}"))));
    }
    if let (Some(one), Some(other)) = (ours.scratch.memory(), theirs.scratch.memory())
        && one != other
    {
        let difference = Difference::new("unpacker's work area").following();
        report.add(difference.detail(Some(format!("{one}, {other}"))));
    }
    compare_unpackers(one, other, report);
}

fn compare_unpackers(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    // The first bytes say how large the file is.
    let unpacker = |side: &Side<'_>| {
        let (start, end) = side.image.package_in_file().unwrap_or_default();
        side.file.get(start + head::SIZE..end).map(<[u8]>::to_vec)
    };
    let (Some(ours), Some(theirs)) = (unpacker(one), unpacker(other)) else {
        return;
    };
    let Some(bytes) = bytes::compare(&ours, &theirs, head::SIZE as u64) else {
        return;
    };
    let mut difference = Difference::new("unpacker").detail(Some(bytes.to_string()));
    if let (Some((name, ours)), Some((_, theirs))) =
        (one.program(Role::Unpacker), other.program(Role::Unpacker))
    {
        let lines = symbols::compare(&ours, &theirs);
        let lines = lines.into_iter().map(|line| format!("{name}: {line}"));
        difference.details.extend(lines);
    }
    report.add(difference);
}
