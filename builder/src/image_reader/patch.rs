// SPDX-License-Identifier: BSD-2-Clause

//! Replaces the payload header of an image.

use kaal_payload::{Chunk, Package, Stored};

use super::{ImageReader, Packed};
use crate::diagnostic::Diagnostic;
use crate::format::digest::crc32c;
use crate::format::{Format, efi, fit, uimage};

/// The file of `image` with `header` as its payload header.
pub(super) fn with_payload_header(
    image: &ImageReader<'_>,
    header: &[u8],
) -> Result<Vec<u8>, Diagnostic> {
    let place = image.payload_header_in_file();
    if header.len() != place.len() {
        return Err(another_size(image, header.len()));
    }
    let mut file = image.file.content.to_vec();
    file[place].copy_from_slice(header);
    if let Some(packed) = &image.packed {
        rewrite_package_header(&mut file, packed).map_err(|found| another_size(image, found))?;
    }
    match (&image.packed, uimage::load_address(&file)) {
        (Some(packed), _) if packed.format == Format::Fit => {
            return fit::write(&fit::Files {
                tree: &image.embedded_tree(),
                kernel: packed.bytes(&file),
                key_name: fit::key_name(&file).as_deref(),
            });
        }
        (Some(packed), _) if packed.format == Format::Efi => efi::seal(&mut file),
        (_, Some(address)) => return uimage::wrap(address, file.split_off(uimage::HEADER_SIZE)),
        _ => {}
    }
    Ok(file)
}

/// Updates the checksums of the chunks and of the package header.
fn rewrite_package_header(file: &mut [u8], packed: &Packed) -> Result<usize, usize> {
    let package = packed.package();
    let bytes = &mut file[packed.start..];
    let chunks: Vec<_> = package
        .chunks
        .iter()
        .map(|chunk| {
            let stored = chunk.stored();
            let content = &bytes[stored.offset as usize..][..stored.size as usize];
            let checksum = crc32c(content);
            Chunk::new(chunk.memory(), chunk.size(), Stored { checksum, ..stored })
        })
        .collect();
    let package = Package {
        chunks: &chunks,
        ..package
    };
    let header = &mut bytes[packed.header_offset..];
    let size = header.len();
    package.encode(header, crc32c).map_err(|_| size)
}

fn another_size(image: &ImageReader<'_>, found: usize) -> Diagnostic {
    image
        .origin()
        .diagnostic("a payload header of another size")
        .expected(format!("{} bytes", image.payload_header_in_file().len()))
        .found(format!("{found} bytes"))
        .remedy("build the image again")
}
