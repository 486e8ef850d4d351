// SPDX-License-Identifier: BSD-2-Clause

//! Compares the kernel in an image of Microkit with the kernel's program.

use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::Segment;
use crate::parts::kernel::Kernel;

/// Checks that the image holds `given`, the kernel of `origin`.
///
/// # Errors
///
/// Returns the first difference from `found`, the kernel in the image.
pub(super) fn check(
    origin: Origin<'_>,
    given: &Kernel<'_>,
    found: &Kernel<'_>,
) -> Result<(), Diagnostic> {
    let differs = |expected: String, found: String| {
        origin
            .diagnostic("not the kernel in the image")
            .expected(expected)
            .found(found)
            .remedy(
                "pass elf/sel4.elf of the board and the configuration that the image was built for, or \
                 leave --kernel out",
            )
    };
    if given.entry != found.entry {
        let [given, found] = [given, found].map(|kernel| kernel.entry.to_string());
        return Err(differs(
            format!("the entry point {found}, as in --microkit"),
            given,
        ));
    }
    if given.memory != found.memory {
        let [given, found] = [given, found].map(|kernel| kernel.memory.to_string());
        return Err(differs(
            format!("a kernel at {found}, as in --microkit"),
            given,
        ));
    }
    if given.segments.len() != found.segments.len() {
        let [given, found] = [given, found].map(|kernel| kernel.segments.len());
        return Err(differs(
            format!("{found} segments, as in --microkit"),
            given.to_string(),
        ));
    }
    match given
        .segments
        .iter()
        .find_map(|segment| difference(segment, &found.segments))
    {
        None => Ok(()),
        Some(address) => Err(differs(
            format!("the content in --microkit at {address:#x}"),
            "another".to_owned(),
        )),
    }
}

/// The first physical address in `segment` at which `others` have other content.
fn difference(segment: &Segment<'_>, others: &[Segment<'_>]) -> Option<u64> {
    let (start, end) = (segment.phys, segment.phys_end());
    let mut others = others.iter();
    let Some(other) = others.find(|other| other.phys <= start && end <= other.phys_end()) else {
        return Some(start);
    };
    let skipped = usize::try_from(start - other.phys).unwrap_or(usize::MAX);
    let content = other.content.get(skipped..).unwrap_or_default();
    let size = usize::try_from(segment.size).unwrap_or(usize::MAX);
    let content = &content[..content.len().min(size)];
    // Content ends where only zeroes follow.
    let length = content.len().max(segment.content.len());
    let padded = |bytes: &[u8], index: usize| bytes.get(index).copied().unwrap_or(0);
    let mut places = 0..length;
    let place = places.find(|&index| padded(content, index) != padded(segment.content, index))?;
    Some(start + place as u64)
}
