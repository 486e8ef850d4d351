// SPDX-License-Identifier: BSD-2-Clause

//! Compares the loader, the unpacker and the UEFI stub in an image with those that the user trusts.

use std::path::PathBuf;

use clap::Args;
use kaal_payload::StubHead;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::emit::{loader, package};
use crate::files::input::Input;
use crate::image_reader::ImageReader;
use crate::parts::boot_program::{BootProgram, LOADER, STUB, UNPACKER, flatten};

/// The programs that the image must hold.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Loader (ELF file) that the image must hold
    #[arg(long, value_name = "FILE")]
    loader: Option<PathBuf>,
    /// Unpacker (ELF file) that the image must hold, if its format needs one
    #[arg(long, value_name = "FILE")]
    unpacker: Option<PathBuf>,
    /// UEFI stub (ELF file) that the image must hold, if its format needs one
    #[arg(long, value_name = "FILE")]
    efi_stub: Option<PathBuf>,
}

impl Arguments {
    /// Compares the given programs with those in `image`, byte for byte.
    ///
    /// # Errors
    ///
    /// Returns the first program that differs, or that can't be read.
    pub(super) fn check(&self, image: &ImageReader<'_>) -> Result<(), Diagnostic> {
        let given = Input::read_if_given(Flag::Loader, self.loader.as_deref())?;
        if let Some(given) = given
            && !holds_loader(image, &given)?
        {
            return Err(other_program(given.origin(), "loader"));
        }
        let given = Input::read_if_given(Flag::Unpacker, self.unpacker.as_deref())?;
        if let Some(given) = given
            && !holds_unpacker(image, &given)?
        {
            return Err(other_program(given.origin(), "unpacker"));
        }
        let given = Input::read_if_given(Flag::EfiStub, self.efi_stub.as_deref())?;
        if let Some(given) = given
            && !holds_stub(image, &given)?
        {
            return Err(other_program(given.origin(), "UEFI stub"));
        }
        Ok(())
    }
}

/// Whether `image` holds the loader, with the keys and the machine of the one in the image.
fn holds_loader(image: &ImageReader<'_>, given: &Input<'_>) -> Result<bool, Diagnostic> {
    let mut program = BootProgram::read(given.origin(), &given.content, &LOADER)?;
    if let (Some(place), Some(anchor)) = (program.anchor, image.trust_anchor()) {
        program.trust(place, &anchor);
    }
    let memory = image.loader();
    let parts = loader::placed(&program, memory.start);
    let mut expected = flatten(0, &parts);
    expected.resize(program.size() as usize, 0);
    Ok(image.bytes(memory).as_deref() == Some(&expected))
}

/// Whether the package of `image` begins with the unpacker. An ELF file needs none.
fn holds_unpacker(image: &ImageReader<'_>, given: &Input<'_>) -> Result<bool, Diagnostic> {
    let program = BootProgram::read(given.origin(), &given.content, &UNPACKER)?;
    let Some(((start, header), package)) = image.package_in_file().zip(image.package()) else {
        return Ok(true);
    };
    let expected = package::before_header(&program, image.format(), package.size);
    Ok(image.file().content[start..header] == expected)
}

/// Whether the package of `image` follows the UEFI stub. Other formats need none.
fn holds_stub(image: &ImageReader<'_>, given: &Input<'_>) -> Result<bool, Diagnostic> {
    let program = BootProgram::read(given.origin(), &given.content, &STUB)?;
    let found = image.stub_in_file();
    let Some(((start, header), package)) = image.package_in_file().zip(image.package()) else {
        return Ok(true);
    };
    let expected = package::stub_section(&program, &package, header - start, &image.payload());
    let found = &image.file().content[found];
    // The checksums before the branch depend on the package, and `check` compares them.
    let [expected, found] = [&expected, found].map(|stub| stub.get(StubHead::ENTRY..));
    Ok(found.is_none() || found == expected)
}

fn other_program(given: Origin<'_>, name: &str) -> Diagnostic {
    given
        .diagnostic(format!("not the {name} in the image"))
        .expected(format!("the {name} that the image was built with"))
        .found("another")
        .remedy("don't sign or install this image, or pass the program that it was built with")
}
