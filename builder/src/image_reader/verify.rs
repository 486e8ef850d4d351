// SPDX-License-Identifier: BSD-2-Clause

//! Verifies the content of an image.

use kaal_payload::{Digest, Integrity, LOADER_MAX_SIZE, MAX_SIZE, PhysAddr, PhysRange};
use sha2::{Digest as _, Sha256};

use super::{ImageReader, Packed, machine, page_tables};
use crate::diagnostic::Diagnostic;
use crate::format::digest::{crc32c, digest, hexadecimal};
use crate::format::loader_head::LoaderHead;
use crate::format::measurement;
use crate::format::{Format, efi, fit, uimage};
use crate::memory::chunk::Chunk;
use crate::memory::ranges;

/// Verifies the whole image.
pub(super) fn verify(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    if let Some(packed) = &image.packed {
        check_container(image, packed)?;
        check_package(image, packed)?;
    }
    check_loader(image)?;
    check_extent(image)?;
    check_regions(image)?;
    check_places(image)?;
    machine::check(image)?;
    page_tables::check(image)?;
    check_cuts(image)?;
    check_measurement(image)
}

fn damaged(image: &ImageReader<'_>, what: &str) -> Diagnostic {
    super::damaged(image.origin(), format!("{what} is damaged"))
}

/// Compares the texts of an expected and a found value of `what`.
fn check_same(
    image: &ImageReader<'_>,
    what: &str,
    [expected, found]: [String; 2],
) -> Result<(), Diagnostic> {
    match expected == found {
        true => Ok(()),
        false => Err(damaged(image, what).expected(expected).found(found)),
    }
}

fn show_crc32c(checksum: u32) -> String {
    format!("CRC-32C {checksum:#x}")
}

fn show_sha256(hash: [u8; 32]) -> String {
    format!("SHA-256 {}", hexadecimal(&hash))
}

/// Checks what surrounds the package.
fn check_container(image: &ImageReader<'_>, packed: &Packed) -> Result<(), Diagnostic> {
    let file = image.file.content;
    let (what, checked) = match image.format() {
        Format::Uimage => ("its U-Boot header", uimage::check(file)),
        Format::Efi => (
            "its UEFI application",
            efi::check(
                file,
                &packed.package(),
                packed.header_offset,
                &image.payload(),
            ),
        ),
        Format::Fit => {
            let key_name = fit::key_name(file);
            let tree = image.embedded_tree();
            let files = fit::Files {
                tree: &tree,
                kernel: packed.bytes(file),
                key_name: key_name.as_deref(),
            };
            ("its FIT image", fit::check(file, &files))
        }
        Format::Elf | Format::Raw | Format::Image => return Ok(()),
    };
    checked.map_err(|found| {
        damaged(image, what)
            .expected("what the builder writes around its package")
            .found(found)
    })
}

/// Checks the package header, except for its chunks.
fn check_package(image: &ImageReader<'_>, packed: &Packed) -> Result<(), Diagnostic> {
    let (package, payload) = (packed.package(), image.payload());
    let unpacker = &packed.bytes(image.file.content)[..packed.header_offset];
    let checksums = [package.unpacker_checksum, crc32c(unpacker)];
    check_same(image, "the unpacker", checksums.map(show_crc32c))?;
    let is_same = package.machine == payload.machine
        && package.log_level == payload.log_level
        && package.integrity == payload.integrity;
    if !is_same {
        return Err(image
            .origin()
            .diagnostic("its headers contradict each other")
            .expected("the same machine, log level and integrity in package and payload header")
            .found("different ones")
            .remedy("build the image again"));
    }
    let is_signed = image.trust_anchor().is_some();
    let digest = is_signed.then(|| image.package_digest());
    let digests = [payload.package, digest.unwrap_or_default()];
    check_same(
        image,
        "what runs before its loader",
        digests.map(show_sha256),
    )
}

/// Checks the loader's memory and its entry point.
fn check_loader(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    let memory = image.loader();
    let is_sound = !memory.is_empty()
        && memory.size() <= LOADER_MAX_SIZE
        && memory.start.is_page_aligned()
        && payload.loader.size <= memory.size();
    let malformed = || {
        damaged(image, "the loader")
            .expected("a loader of up to 2 MiB that ends at the payload header")
            .found(memory.to_string())
    };
    if !is_sound {
        return Err(malformed());
    }
    let bytes = image.bytes(memory).ok_or_else(malformed)?;
    let (constant, rest) = bytes.split_at(payload.loader.size as usize);
    check_digest(image, "the loader", constant, &payload.loader.digest)?;

    let head = LoaderHead::read(constant);
    let entry = head.and_then(|head| memory.start.0.checked_add(head.entry()?));
    let entry = entry.map(PhysAddr);
    if entry != Some(image.entry) {
        let expected = match entry {
            Some(entry) => format!("{entry}, where the loader's first instruction branches to"),
            None => "a branch to it in the loader's first instruction".to_owned(),
        };
        return Err(damaged(image, "the entry point")
            .expected(expected)
            .found(image.entry.to_string()));
    }
    let expected = head.map_or([0; _], |head| head.variables);
    let digests = [expected, Sha256::digest(rest).into()];
    check_same(image, "the loader's variables", digests.map(show_sha256))
}

/// Checks that the image makes exactly the memory in the payload header.
fn check_extent(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let header = image.payload_header();
    let header_pages = PhysRange::from_size(header.start, MAX_SIZE as u64);
    let payload = image.payload();
    let regions = payload.regions.iter();
    let regions = regions.filter_map(|region| region.memory());
    let expected = regions.chain([image.loader()]).chain(header_pages);
    let sets = [ranges::union(expected.collect()), image.memory.defined()];
    let sets = sets.map(|set| ranges::describe(&set));
    check_same(image, "the extent of its memory", sets)?;
    let behind = header_pages.map(|pages| ranges::clip(pages, header.end, pages.end));
    let what = "the memory behind its payload header";
    behind.map_or(Ok(()), |behind| check_zero(image, what, behind))
}

fn check_regions(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    for (index, region) in image.payload().regions.iter().enumerate() {
        let (Some(memory), Some(kind)) = (region.memory(), region.kind()) else {
            continue;
        };
        let what = format!("region {index} ({kind}, {memory})");
        let stored = image.stored(region).ok_or_else(|| {
            damaged(image, &what)
                .expected("content for it in the file")
                .found(format!("less than {} bytes", region.file_size()))
        })?;
        check_digest(image, &what, &stored, region.digest())?;
        let end = PhysAddr(memory.start.0 + region.file_size());
        check_zero(image, &what, ranges::clip(memory, end, memory.end))?;
    }
    Ok(())
}

/// Checks that the payload header leads only to memory that is for it.
fn check_places(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let places = image.payload().check_places();
    places.map_err(|error| {
        super::damaged(image.origin(), "its payload header contradicts itself")
            .expected("addresses within the parts that they are for")
            .found(error.to_string())
    })
}

/// Checks that the stored bytes end where the builder ends them: at the end of a region, or with a
/// byte that isn't zero.
fn check_cuts(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    for extent in image.extents() {
        let is_region = payload.regions.iter().any(|region| {
            region.memory() == Some(extent.memory)
                && region.file_size() == extent.content.len() as u64
        });
        let is_cut = extent.content.last().is_some_and(|&byte| byte != 0);
        if !is_region && !is_cut && extent.filled() != image.payload_header() {
            let what = format!("what is stored of {}", extent.memory);
            let expected =
                "content that ends at the end of a region, or with a byte that isn't zero";
            return Err(damaged(image, &what)
                .expected(expected)
                .found(format!("{} bytes", extent.content.len())));
        }
    }
    Ok(())
}

/// Checks that the memory `rest` of `what` is zero.
fn check_zero(image: &ImageReader<'_>, what: &str, rest: PhysRange) -> Result<(), Diagnostic> {
    let Some(address) = image.memory.first_nonzero(rest) else {
        return Ok(());
    };
    Err(damaged(image, what)
        .expected("zeroes where nothing is stored")
        .found(format!("another byte at {address}")))
}

fn check_digest(
    image: &ImageReader<'_>,
    what: &str,
    bytes: &[u8],
    expected: &Digest,
) -> Result<(), Diagnostic> {
    let integrity = image.payload().integrity;
    let found = digest(integrity, bytes);
    let show = |digest: &Digest| match integrity {
        Integrity::Sha256 => show_sha256(*digest.sha256()),
        _ => show_crc32c(digest.crc32c()),
    };
    match *expected == found {
        true => Ok(()),
        false => Err(damaged(image, what)
            .expected(show(expected))
            .found(show(&found))),
    }
}

/// Checks the measurement of kernel and user image.
fn check_measurement(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    let regions: Vec<_> = payload
        .regions
        .iter()
        .filter(|region| measurement::covers(region.kind()))
        .filter_map(|region| Some((region.memory()?, image.stored(region)?)))
        .collect();
    let found = measurement::measure(
        payload.kernel_entry,
        payload.user_image,
        regions.iter().map(|(memory, content)| Chunk {
            memory: *memory,
            content,
        }),
    );
    let measurements = [found, payload.measurement].map(|bytes| hexadecimal(&bytes));
    check_same(image, "the measurement", measurements)
}
