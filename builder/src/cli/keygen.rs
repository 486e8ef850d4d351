// SPDX-License-Identifier: BSD-2-Clause

//! Making a pair of keys.

use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::output;
use crate::signing;

/// Where the keys go, by the options that take them when an image is made.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The private key's new file, in PEM (PKCS #8)
    #[arg(long, value_name = "FILE")]
    sign_key: PathBuf,
    /// The public key's new file, in PEM
    #[arg(long, value_name = "FILE")]
    trust_key: PathBuf,
}

/// Makes a pair of keys, and writes each to its file.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let private = Origin::new(Flag::SignKey, &arguments.sign_key);
    let public = Origin::new(Flag::TrustKey, &arguments.trust_key);
    let (private_pem, public_pem) = signing::new_pair().map_err(|error| {
        private
            .diagnostic("no key could be made")
            .expected("random numbers from the operating system")
            .found(error.to_string())
            .remedy("see to it that the system has its source of random numbers")
    })?;
    let private_file = output::create_secret(private, private_pem.as_bytes())?;
    let public_file = output::create(public, public_pem.as_bytes())?;
    private_file.keep();
    public_file.keep();
    Ok(())
}
