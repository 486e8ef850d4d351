// SPDX-License-Identifier: BSD-2-Clause

//! Whether an image's content is what its headers say, and nothing else.

use kaal_payload::{Digest, Integrity, LOADER_MAX_SIZE, MAX_SIZE, PhysAddr, PhysRange, RegionKind};

use super::{ImageReader, Packed};
use crate::diagnostic::Diagnostic;
use crate::format::digest::{crc32c, digest};
use crate::format::loader_head::{self, LoaderHead};
use crate::format::measurement::{self, Measured};
use crate::format::{Format, uimage};
use crate::memory::ranges;

/// Looks at all of it.
pub(super) fn verify(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    if image.format == Format::Uimage {
        check_uimage(image)?;
    }
    if let Some(packed) = &image.packed {
        check_package(image, packed)?;
    }
    check_loader(image)?;
    check_extent(image)?;
    check_regions(image)?;
    check_places(image)?;
    check_cuts(image)?;
    check_measurement(image)
}

fn damaged(image: &ImageReader<'_>, what: &str) -> Diagnostic {
    let diagnostic = image.origin().diagnostic(format!("{what} is damaged"));
    diagnostic.remedy("build or copy the image again")
}

fn check_uimage(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let Err(found) = uimage::check(image.file.content) else {
        return Ok(());
    };
    Err(damaged(image, "its U-Boot header")
        .expected("the header that the builder writes for its data")
        .found(found))
}

/// Checks what the package header says besides its chunks.
fn check_package(image: &ImageReader<'_>, packed: &Packed) -> Result<(), Diagnostic> {
    let (package, payload) = (packed.package(), image.payload());
    let unpacker = &image.file.content[packed.start..][..packed.header_offset];
    let found = crc32c(unpacker);
    if found != package.unpacker_checksum {
        return Err(damaged(image, "the unpacker")
            .expected(format!("CRC-32C {:#x}", package.unpacker_checksum))
            .found(format!("{found:#x}")));
    }
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
    Ok(())
}

/// Checks the loader's memory, and that it is entered where it should be.
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

    let head = LoaderHead::read(constant).filter(|_| constant.len() >= loader_head::SIZE);
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
    let found = crc32c(rest);
    let expected = head.map(|head| head.rest_checksum());
    if expected != Some(found) {
        return Err(damaged(image, "the loader's data")
            .expected(format!("CRC-32C {:#x}", expected.unwrap_or_default()))
            .found(format!("{found:#x}")));
    }
    Ok(())
}

/// Checks that the image makes all memory that the payload header tells of, and no other.
fn check_extent(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let header = image.payload_header();
    let header_pages = PhysRange::from_size(header.start, MAX_SIZE as u64);
    let regions = image.payload().regions.iter();
    let expected = ranges::union(
        regions
            .filter_map(|region| region.memory())
            .chain([image.loader()])
            .chain(header_pages)
            .collect(),
    );
    let found = image.memory.defined();
    if expected != found {
        return Err(damaged(image, "the extent of its memory")
            .expected(ranges::describe(&expected))
            .found(ranges::describe(&found)));
    }
    let behind = header_pages.map(|pages| ranges::clip(pages, header.end, pages.end));
    match behind.and_then(|behind| image.memory.first_nonzero(behind)) {
        Some(address) => Err(not_zero(
            image,
            "the memory behind its payload header",
            address,
        )),
        None => Ok(()),
    }
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
        let rest = ranges::clip(
            memory,
            PhysAddr(memory.start.0 + region.file_size()),
            memory.end,
        );
        if let Some(address) = image.memory.first_nonzero(rest) {
            return Err(not_zero(image, &what, address));
        }
    }
    Ok(())
}

/// Checks that device tree and user image lie where the kernel is told that they do.
fn check_places(image: &ImageReader<'_>) -> Result<(), Diagnostic> {
    let payload = image.payload();
    let of_kind = |kind| {
        let regions = payload.regions.iter();
        let regions = regions.filter(move |region| region.kind() == Some(kind));
        ranges::union(regions.filter_map(|region| region.memory()).collect())
    };
    let slot = payload.device_tree;
    let slot = PhysRange::from_size(slot.start, slot.capacity).filter(|_| slot.size > 0);
    let places = [
        ("device tree", RegionKind::DeviceTree, slot),
        (
            "user image",
            RegionKind::UserImage,
            Some(payload.user_image.memory),
        ),
    ];
    for (name, kind, place) in places {
        let (found, expected) = (of_kind(kind), Vec::from_iter(place));
        if found != expected {
            return Err(damaged(image, &format!("the place of its {name}"))
                .expected(ranges::describe(&expected))
                .found(ranges::describe(&found)));
        }
    }
    Ok(())
}

/// Checks that what is stored ends where the builder would end it: where a region does, or behind a
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
            return Err(
                damaged(image, &format!("what is stored of {}", extent.memory))
                    .expected(
                        "content that ends where a region's does, or with another byte than zero",
                    )
                    .found(format!("{} bytes", extent.content.len())),
            );
        }
    }
    Ok(())
}

fn not_zero(image: &ImageReader<'_>, what: &str, address: PhysAddr) -> Diagnostic {
    damaged(image, what)
        .expected("zeroes where nothing is stored")
        .found(format!("another byte at {address}"))
}

fn check_digest(
    image: &ImageReader<'_>,
    what: &str,
    bytes: &[u8],
    expected: &Digest,
) -> Result<(), Diagnostic> {
    let integrity = image.payload().integrity;
    let found = digest(integrity, bytes);
    if found == *expected {
        return Ok(());
    }
    let describe = |digest: &Digest| match integrity {
        Integrity::Sha256 => {
            let hash = digest.sha256().iter();
            let digits: String = hash.map(|byte| format!("{byte:02x}")).collect();
            format!("SHA-256 {digits}")
        }
        _ => format!("CRC-32C {:#x}", digest.crc32c()),
    };
    Err(damaged(image, what)
        .expected(describe(expected))
        .found(describe(&found)))
}

/// Checks that the measurement is that of kernel and user image.
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
        regions.iter().map(|(memory, content)| Measured {
            memory: *memory,
            content,
        }),
    );
    if found == payload.measurement {
        return Ok(());
    }
    let text = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    Err(damaged(image, "the measurement")
        .expected(text(&found))
        .found(text(&payload.measurement)))
}
