// SPDX-License-Identifier: BSD-2-Clause

//! Compares the programs before the loader in images that are not ELF files, and their settings.

use super::report::Report;
use super::side::Side;
use super::{bytes, symbols};
use kaal_payload::StubHead;

use crate::diagnostic::Flag;
use crate::format::{head, uimage};

pub(super) fn compare(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    let (Some(ours), Some(theirs)) = (one.image.package(), other.image.package()) else {
        return;
    };
    let loads = [one, other].map(|side| uimage::load_address(side.file));
    if loads[0] != loads[1] {
        let [one, other] =
            loads.map(|address| address.map_or("none".to_owned(), |address| address.to_string()));
        report.add("load address", vec![format!("{one}, {other}")], false);
    }
    if let (Some(one), Some(other)) = (ours.scratch.memory(), theirs.scratch.memory())
        && one != other
    {
        let details = vec![format!("{one}, {other}")];
        report.add("unpacker's work area", details, true);
    }
    compare_unpackers(one, other, report);
    compare_stubs(one, other, report);
    let certificates = [one, other].map(|side| side.image.certificates());
    if certificates[0] != certificates[1] {
        let [one, other] = certificates.map(|certificates| certificates.len());
        let details = vec![format!("{one} and {other} bytes")];
        report.add("certificates for Secure Boot", details, false);
    }
}

fn compare_stubs(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    // The first bytes hold a checksum and the package's size.
    fn stub<'a>(side: &Side<'a>) -> &'a [u8] {
        let stub = &side.file[side.image.stub_in_file()];
        stub.get(size_of::<StubHead>()..).unwrap_or_default()
    }
    let (ours, theirs) = (stub(one), stub(other));
    if let Some(bytes) = bytes::compare(ours, theirs, size_of::<StubHead>() as u64)
        && one.image.format() == other.image.format()
    {
        report.add("UEFI stub", vec![bytes], false);
    }
}

fn compare_unpackers(one: &Side<'_>, other: &Side<'_>, report: &mut Report) {
    // The first bytes hold the file's size.
    fn unpacker<'a>(side: &Side<'a>) -> Option<&'a [u8]> {
        let (start, end) = side.image.package_in_file()?;
        side.file.get(start + head::SIZE..end)
    }
    let (Some(ours), Some(theirs)) = (unpacker(one), unpacker(other)) else {
        return;
    };
    if let Some(bytes) = bytes::compare(ours, theirs, head::SIZE as u64) {
        let mut details = vec![bytes];
        details.extend(symbols::of_programs(one, other, Flag::Unpacker, report));
        report.add("unpacker", details, false);
    }
}
