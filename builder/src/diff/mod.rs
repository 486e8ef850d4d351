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
        report.add(Difference::new("file").detail(bytes.map(|bytes| bytes.to_string())));
    }
    report
}

/// Compares two programs; `None` where one of both isn't an ELF file.
pub(crate) fn programs(one: &[u8], other: &[u8]) -> Option<Report> {
    let symbols = (symbols::read(one)?, symbols::read(other)?);
    let mut report = Report::default();
    if let Some(bytes) = bytes::compare(one, other, 0) {
        let mut difference = Difference::new("program");
        difference.details = symbols::compare(&symbols.0, &symbols.1);
        if difference.details.is_empty() {
            difference.details.push("no function or object".to_owned());
        }
        report.add(difference.detail(Some(format!("in the file: {bytes}"))));
    }
    Some(report)
}
