// SPDX-License-Identifier: BSD-2-Clause

//! Packs images from one hostile input and other well-formed inputs.

use std::path::Path;

use goblin::elf::program_header::PT_LOAD;
use kaal_elfloader_builder::{Compression, File, Format, Image, Inputs, Settings, System};
use kaal_payload::{Integrity, PACKAGE_END, PhysAddr, PhysRange, PublicKey};

use crate::common::accepted;
use crate::common::device_tree::DeviceTree;
use crate::common::elf::Elf;
use crate::common::loaded::Loaded;
use crate::common::package::Packed;
use crate::common::programs::{self, KERNEL, ORDINARY_BASE};

/// Size in bytes of the RAM, which begins at the kernel.
const RAM_SIZE: u64 = 0x100_0000;

/// The RAM that the well-formed device tree names.
pub(crate) const RAM: PhysRange = PhysRange {
    start: PhysAddr(KERNEL),
    end: PhysAddr(KERNEL + RAM_SIZE),
};

/// The load address of images that need one.
const LOAD_ADDRESS: PhysAddr = PhysAddr(0x4080_0000);

/// Size in bytes of the U-Boot image header.
pub(crate) const UIMAGE_HEADER: usize = 64;

/// The place of the package's offset in a UEFI application: in the header of the second section.
const EFI_PACKAGE_OFFSET: usize = 0x184;

/// The public key of a pair (RFC 8410, section 10).
pub(crate) const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

/// The private key of the same pair.
pub(crate) const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

/// [`PUBLIC_KEY`] as a loader stores it.
pub(crate) const PUBLIC_KEY_BYTES: PublicKey = [
    0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96,
    0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
];

/// Maximum content of a segment in bytes. More would test nothing new.
const MOST_CONTENT: usize = 64;

/// The inputs of an image.
pub(crate) struct Content {
    pub(crate) loader: Vec<u8>,
    pub(crate) unpacker: Option<Vec<u8>>,
    pub(crate) efi_stub: Option<Vec<u8>>,
    pub(crate) kernel: Vec<u8>,
    pub(crate) app: Vec<u8>,
    /// An image of Microkit, in place of kernel and root task.
    pub(crate) microkit: Option<Vec<u8>>,
    pub(crate) device_tree: Vec<u8>,
    pub(crate) platform: Option<Vec<u8>>,
    pub(crate) kernel_config: Option<Vec<u8>>,
    pub(crate) trust_key: Option<Vec<u8>>,
    pub(crate) sign_key: Option<Vec<u8>>,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
}

impl Content {
    /// Content that the builder accepts.
    pub(crate) fn well_formed() -> Self {
        Self {
            loader: programs::loader().to_bytes(),
            unpacker: None,
            efi_stub: None,
            kernel: small(programs::kernel(ORDINARY_BASE)),
            app: small(programs::app()),
            microkit: None,
            device_tree: DeviceTree::with_ram(RAM_SIZE).to_bytes(),
            platform: None,
            kernel_config: None,
            trust_key: None,
            sign_key: None,
            format: Format::Elf,
            compression: Compression::None,
        }
    }

    /// Content with a pair of keys and a loader for signed images.
    pub(crate) fn signed() -> Self {
        Self {
            trust_key: Some(PUBLIC_KEY.into()),
            sign_key: Some(PRIVATE_KEY.into()),
            loader: programs::loader_of_signed_images().to_bytes(),
            ..Self::well_formed()
        }
    }

    /// Builds an image if the builder accepts the content. It must lie within `ram`.
    pub(crate) fn build(&self, ram: &[PhysRange]) -> Option<Image> {
        let inputs = self.inputs();
        let image = match Image::build(&inputs) {
            Ok(image) => image,
            Err(diagnostic) => {
                assert!(!diagnostic.to_string().is_empty());
                return None;
            }
        };
        let loaded = match self.format {
            Format::Elf => Loaded::new(&image.file),
            format => {
                let start = match format {
                    Format::Uimage => UIMAGE_HEADER,
                    Format::Efi => efi_package(&image.file).expect("headers"),
                    Format::Fit => fit_package(&image.file).expect("an Image"),
                    _ => 0,
                };
                let mut words = image.file.windows(PACKAGE_END.len());
                let end = words.rposition(|word| word == PACKAGE_END);
                let end = end.expect("an end") + PACKAGE_END.len();
                let packed = Packed::new(image.file[start..end].to_vec());
                Loaded::unpacked(packed.package().entry.0, packed.unpack())
            }
        };
        accepted::check(&inputs, &image, &loaded, ram);
        Some(image)
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            loader: file(&self.loader),
            unpacker: self.unpacker.as_deref().map(file),
            efi_stub: self.efi_stub.as_deref().map(file),
            system: match &self.microkit {
                Some(image) => System::Microkit {
                    image: file(image),
                    kernel: None,
                },
                None => System::Programs {
                    kernel: file(&self.kernel),
                    app: file(&self.app),
                },
            },
            device_tree: Some(file(&self.device_tree)),
            platform: self.platform.as_deref().map(file),
            kernel_config: self.kernel_config.as_deref().map(file),
            trust_key: self.trust_key.as_deref().map(file),
            next_key: None,
            sign_key: self.sign_key.as_deref().map(file),
            settings: Settings {
                format: self.format,
                compression: self.compression,
                load_address: match self.format {
                    Format::Uimage => Some(LOAD_ADDRESS),
                    _ => None,
                },
                integrity: match self.trust_key {
                    Some(_) => Integrity::Sha256,
                    None => Integrity::Crc32c,
                },
                ..Settings::default()
            },
        }
    }
}

fn file(content: &[u8]) -> File<'_> {
    File {
        path: Path::new("name"),
        content,
    }
}

/// The file of `elf`, with at most [`MOST_CONTENT`] bytes of each segment.
pub(crate) fn small(mut elf: Elf) -> Vec<u8> {
    let loads = elf.headers.iter_mut();
    for load in loads.filter(|header| header.kind == PT_LOAD) {
        load.content.truncate(MOST_CONTENT);
    }
    elf.to_bytes()
}

/// The offset of the package in a UEFI application.
pub(crate) fn efi_package(file: &[u8]) -> Option<usize> {
    let offset = file.get(EFI_PACKAGE_OFFSET..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*offset)).ok()
}

/// The offset of the package in a FIT image: an arm64 Linux Image has its magic number at the offset 56.
pub(crate) fn fit_package(file: &[u8]) -> Option<usize> {
    let mut words = file.windows(4);
    words.position(|word| word == b"ARM\x64")?.checked_sub(56)
}
