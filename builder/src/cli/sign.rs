// SPDX-License-Identifier: BSD-2-Clause

//! `sign`: signs an image that was built without the private key.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use kaal_payload::Signature;

use super::output::{Output, check_image};
use super::programs;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::input::Input;
use crate::files::{File, output};
use crate::image_reader::{self, ImageReader};
use crate::manifest::{self, manifest_path};
use crate::signing::signable::Signable;
use crate::signing::{self, command};

/// The image and the source of its signature.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Image whose loader boots only signed images
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    programs: programs::Arguments,
    /// Signed image to write [default: IMAGE]
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    out: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// Private key to sign with (PEM file)
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Shell command that signs: it reads the message from standard input and writes the signature, 64 bytes
    #[arg(long, value_name = "COMMAND")]
    sign_command: Option<OsString>,
    /// Write the message to sign to this file, and sign nothing
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// File with the signature, 64 bytes
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

/// Signs the image, or writes the message to sign.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let path = arguments.image.as_path();
    let content = &image_reader::read(path)?;
    let opened = ImageReader::open(File { path, content })?;
    let image = Signable::new(&opened)?;
    arguments.programs.check(&opened)?;
    if let Some(out) = &arguments.source.message {
        let origin = Origin::new(Flag::Message, out);
        output::create(origin, &image.message, output::MODE)?.disable_cleanup(true);
        return Ok(());
    }
    let (origin, signature) = arguments.source.signature(&image.message)?;
    let signed = image.signed(origin, &signature)?;
    let out = arguments.out.as_deref().unwrap_or(path);
    let manifest = manifest::beside(path, content);
    let output = Output::new(out, manifest.is_some(), "choose another name for the image");
    output.check(&arguments.source.files())?;
    if manifest.is_some() {
        check_image(out, &[(Flag::Manifest, &manifest_path(path))])?;
    }
    output.write(&signed, || {
        manifest::renewed(manifest.unwrap_or_default(), out, &signed)
    })
}

impl Source {
    /// A signature of `message`, and the option that gave it.
    fn signature(&self, message: &[u8]) -> Result<(Origin<'_>, Signature), Diagnostic> {
        if let Some(path) = &self.sign_key {
            let key = signing::read_secret(Flag::SignKey, path)?;
            let origin = key.origin();
            let key = signing::private_key(origin, &key.content)?;
            return Ok((origin, signing::sign(&key, message)));
        }
        if let Some(command) = &self.sign_command {
            let origin = Origin::new(Flag::SignCommand, command);
            let output = command::run(origin, command, message)?;
            return Ok((origin, signing::signature(origin, &output)?));
        }
        let path = self.signature.as_deref().unwrap_or(Path::new(""));
        let input = Input::read(Flag::Signature, path)?;
        let origin = input.origin();
        Ok((origin, signing::signature(origin, &input.content)?))
    }

    /// The input files.
    fn files(&self) -> Vec<(Flag, &Path)> {
        let key = self.sign_key.iter().map(|path| (Flag::SignKey, path));
        let signature = self.signature.iter();
        let all = key.chain(signature.map(|path| (Flag::Signature, path)));
        all.map(|(flag, path)| (flag, path.as_path())).collect()
    }
}
