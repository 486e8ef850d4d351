// SPDX-License-Identifier: BSD-2-Clause

//! Packing images of which one input is hostile and all others are well-formed.

use std::path::Path;

use kaal_elfloader_builder::{Compression, File, Format, Image, Inputs, Settings, build};
use kaal_payload::{Integrity, LogLevel, PhysAddr, PhysRange};

use crate::common::accepted;
use crate::common::device_tree::DeviceTree;
use crate::common::elf::Elf;
use crate::common::loaded::Loaded;
use crate::common::package::Packed;
use crate::common::programs::{self, KERNEL, ORDINARY_BASE};

/// Size in bytes of the RAM that begins with the kernel.
const RAM_SIZE: u64 = 0x100_0000;

/// The RAM that the well-formed device tree names.
pub(crate) const RAM: PhysRange = PhysRange {
    start: PhysAddr(KERNEL),
    end: PhysAddr(KERNEL + RAM_SIZE),
};

/// Most bytes of content in a segment: more would only be copied.
const MOST_CONTENT: usize = 32;

/// The inputs of an image.
pub(crate) struct Content {
    pub(crate) loader: Vec<u8>,
    pub(crate) unpacker: Option<Vec<u8>>,
    pub(crate) kernel: Vec<u8>,
    pub(crate) app: Vec<u8>,
    pub(crate) device_tree: Vec<u8>,
    pub(crate) platform: Option<Vec<u8>>,
    pub(crate) kernel_config: Option<Vec<u8>>,
}

impl Content {
    /// Content that makes an image.
    pub(crate) fn well_formed() -> Self {
        Self {
            loader: programs::loader().to_bytes(),
            unpacker: None,
            kernel: small(programs::kernel(ORDINARY_BASE)),
            app: small(programs::app()),
            device_tree: DeviceTree::with_ram(RAM_SIZE).to_bytes(),
            platform: None,
            kernel_config: None,
        }
    }

    /// Builds an image, if the content is accepted: then it must lie within `ram`.
    pub(crate) fn build(&self, ram: &[PhysRange]) -> Option<Image> {
        let inputs = self.inputs();
        let image = match build(&inputs) {
            Ok(image) => image,
            Err(finding) => {
                assert!(!finding.to_string().is_empty());
                return None;
            }
        };
        let loaded = match inputs.settings.format {
            Format::Elf => Loaded::new(&image.file),
            _ => {
                let packed = Packed::new(image.file.clone());
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
            kernel: file(&self.kernel),
            app: file(&self.app),
            device_tree: Some(file(&self.device_tree)),
            platform: self.platform.as_deref().map(file),
            kernel_config: self.kernel_config.as_deref().map(file),
            settings: Settings {
                kernel_paddr: None,
                cores: None,
                app_offset: None,
                format: match self.unpacker {
                    Some(_) => Format::Raw,
                    None => Format::Elf,
                },
                compression: Compression::None,
                load_address: None,
                log_level: LogLevel::Info,
                integrity: Integrity::Crc32c,
                boot_arguments: None,
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

/// The file of `elf`, with little content.
pub(crate) fn small(mut elf: Elf) -> Vec<u8> {
    for header in &mut elf.headers {
        header.content.truncate(MOST_CONTENT);
    }
    elf.to_bytes()
}
