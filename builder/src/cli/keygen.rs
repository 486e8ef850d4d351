// SPDX-License-Identifier: BSD-2-Clause

//! `keygen`: generates a key pair.

use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::files::kind::FileKind;
use crate::files::output::{self, MODE, SECRET_MODE};
use crate::signing;

/// The files of the keys. The options are named as those that take the keys when an image is made.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// File to create for the private key (PEM, PKCS #8)
    #[arg(long, value_name = "FILE")]
    sign_key: PathBuf,
    /// File to create for the public key (PEM)
    #[arg(long, value_name = "FILE")]
    trust_key: PathBuf,
    /// Replace an existing public key; a private key is never replaced
    #[arg(long)]
    force: bool,
}

/// Generates a key pair and writes both files or none.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let private = Origin::new(Flag::SignKey, &arguments.sign_key);
    let public = Origin::new(Flag::TrustKey, &arguments.trust_key);
    let (private_pem, public_pem) = signing::new_pair().map_err(|error| {
        private
            .diagnostic("can't generate a key")
            .expected("random numbers from the operating system")
            .found(error.to_string())
            .remedy("check the random number source of the operating system")
    })?;
    let mut private_file = output::create(private, private_pem.as_bytes(), SECRET_MODE)?;
    if arguments.force && public.value.exists() {
        check_replaced(public)?;
        output::replace(public, public_pem.as_bytes())?;
    } else {
        output::create(public, public_pem.as_bytes(), MODE)?.disable_cleanup(true);
    }
    private_file.disable_cleanup(true);
    Ok(())
}

/// Checks that a public key would replace only another one. The private key has been written, so that this also
/// refuses its path.
fn check_replaced(public: Origin<'_>) -> Result<(), Diagnostic> {
    let content = bounded::read(public)?;
    if signing::is_public(&content) {
        return Ok(());
    }
    let kind = FileKind::of(&content);
    Err(public
        .diagnostic("can't be replaced by a public key")
        .expected("a public key, or no file")
        .found(kind.known_name().unwrap_or("another file"))
        .remedy("choose another name"))
}
