// SPDX-License-Identifier: BSD-2-Clause

//! Builds an image in three steps: read, plan, emit.

use kaal_payload::{Measurement, PhysAddr};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::emit::{self, Emitted};
use crate::format::FileMap;
use crate::layout::memory_map::MemoryMap;
use crate::layout::placement;
use crate::options::{self, Given, Inputs, KernelDtb, Keys};
use crate::parts::{Parts, swapped, trust};
use crate::rules::{self, Situation, Tally};

/// A bootable image.
///
/// ```
/// use std::path::Path;
///
/// use kaal_elfloader_builder::kaal_payload::PhysAddr;
/// use kaal_elfloader_builder::{File, Format, Image, Inputs, Settings};
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/programs.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (loader, kernel, app) = (loader(), kernel(), app());
/// let file = |name, content| File { path: Path::new(name), content };
/// let image = Image::build(&Inputs {
///     settings: Settings { format: Format::Elf, boot_arguments: Some("quiet"), ..Settings::default() },
///     ..Inputs::new(
///         file("elfloader.elf", &loader),
///         file("kernel.elf", &kernel),
///         file("root-task.elf", &app),
///     )
/// })?;
/// assert!(image.file.starts_with(b"\x7fELF"));
/// assert_eq!(image.memory_map.entries()[0].memory.start, PhysAddr(0x4000_0000));
/// for warning in &image.warnings {
///     eprintln!("warning: {warning}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Image {
    /// Its file, in the requested format. Enter it with the MMU off. The segments of an ELF file
    /// must be loaded to their physical addresses; other formats can be loaded anywhere.
    pub file: Vec<u8>,
    /// SHA-256 of the booted content, as in its payload header. `format/measurement.rs` defines it.
    pub measurement: Measurement,
    /// Its entry point, if its format is ELF.
    pub(crate) entry: PhysAddr,
    /// The device tree that its kernel gets.
    pub(crate) kernel_dtb: KernelDtb,
    /// How many rules it keeps.
    pub(crate) rules: Tally,
    /// The fields of its payload header, for the manifest.
    pub(crate) facts: Value,
    /// The memory map.
    pub memory_map: MemoryMap,
    /// The parts of its file, if the format isn't ELF.
    pub file_map: Option<FileMap>,
    /// Possible problems.
    pub warnings: Vec<Diagnostic>,
}

impl Image {
    /// Builds an image. The same inputs give the same bytes; file names don't matter.
    ///
    /// # Errors
    ///
    /// Returns the first problem with the inputs.
    pub fn build(inputs: &Inputs<'_>) -> Result<Self, Diagnostic> {
        let wrong = options::check(
            &inputs.settings,
            &Given {
                unpacker: inputs.unpacker.is_some(),
                efi_stub: inputs.efi_stub.is_some(),
                device_tree: inputs.device_tree.is_some(),
                microkit: inputs.system.microkit().map(|file| file.path),
                app: inputs.system.app().map(|file| file.path),
                keys: Keys {
                    trust_key: inputs.trust_key.map(|file| file.path),
                    next_key: inputs.next_key.map(|file| file.path),
                    sign_key: inputs.sign_key.map(|file| file.path),
                },
            },
        );
        match wrong.into_iter().next() {
            Some(diagnostic) => Err(diagnostic),
            None => Self::of_checked(inputs),
        }
    }

    /// Builds an image as [`Self::build`] does, without [`options::check`].
    pub(crate) fn of_checked(inputs: &Inputs<'_>) -> Result<Self, Diagnostic> {
        let parts =
            Parts::read(inputs).map_err(|diagnostic| swapped::suspect(diagnostic, inputs))?;
        let suspect_gaps = |diagnostic| match parts.user_image.gaps {
            Some(gaps) => gaps.suspect(diagnostic),
            None => diagnostic,
        };
        let plan = placement::plan(&parts).map_err(suspect_gaps)?;
        let Emitted {
            file,
            entry,
            measurement,
            facts,
            memory_map,
            layout,
        } = emit::emit(&parts, &plan)?;
        let (tally, against_rules) =
            rules::enforce(&Situation::of_build(&parts, layout)).map_err(suspect_gaps)?;
        let warnings = [
            emit::warnings(&parts),
            placement::warnings(&parts, &plan),
            trust::warnings(parts.origins.loader, parts.trust.as_ref()),
            against_rules,
        ]
        .concat();
        Ok(Self {
            file: file.content,
            measurement,
            entry,
            kernel_dtb: parts.kernel_dtb,
            rules: tally,
            facts,
            memory_map,
            file_map: file.map,
            warnings: [parts.warnings, warnings].concat(),
        })
    }
}
