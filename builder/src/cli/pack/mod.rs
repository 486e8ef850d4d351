// SPDX-License-Identifier: BSD-2-Clause

//! Makes an image, which the builder does without a subcommand.

use std::io::{self, IsTerminal};

use crate::diagnostic::Origin;
use crate::files::bounded;
use crate::format::digest::hexadecimal;
use crate::image::Image;
use crate::manifest::{self, Built};
use crate::options::{self, Given, KernelDtb, Keys};

use self::files::Files;
use super::config::Configuration;
use super::messages::Messages;
use super::output::Output;
use super::{FAILED, Failure, USAGE};

pub(super) use self::arguments::Arguments;

mod arguments;
mod files;
mod sdk;
mod success;

/// Makes the image that `arguments` describe. Warnings and the memory map go to standard error.
///
/// # Errors
///
/// Returns what is wrong with the arguments, the inputs or the output. Then nothing has been written.
pub(super) fn run(
    arguments: Arguments,
    configuration: &Configuration,
    messages: Messages,
) -> Result<(), Failure> {
    let reads_environment = !configuration.arguments.no_config;
    let arguments = &sdk::complete(arguments, reads_environment).map_err(Failure::usage)?;
    let settings = arguments.settings().map_err(Failure::usage)?;
    let wrong = options::check(
        &settings,
        &Given {
            unpacker: arguments.unpacker.is_some(),
            efi_stub: arguments.efi_stub.is_some(),
            device_tree: arguments.dtb.is_some(),
            microkit: arguments.microkit.as_deref(),
            app: arguments.app.as_deref(),
            keys: Keys {
                trust_key: arguments.trust_key.as_deref(),
                next_key: arguments.next_key.as_deref(),
                sign_key: arguments.sign_key.as_deref(),
            },
        },
    );
    Failure::check(USAGE, wrong)?;
    let inputs = arguments.files();
    let origins = inputs.iter().map(|(flag, path)| Origin::new(*flag, path));
    let unreadable = origins.filter_map(|origin| bounded::check(origin).err());
    Failure::check(FAILED, unreadable.collect())?;
    let files = Files::read(arguments)?;
    let remedy = "choose another name for the image, or add --no-manifest";
    let output = Output::new(&arguments.out, !arguments.no_manifest, remedy);
    output.check(&inputs)?;

    let image = Image::of_checked(&files.inputs(settings))?;
    for warning in configuration.name_sources(image.warnings.clone()) {
        messages.write("warning", &warning);
    }
    if arguments.verbose {
        messages.write_note(&image.memory_map.to_string());
        if image.kernel_dtb == KernelDtb::None {
            messages.write_note("the kernel gets no device tree");
        }
        if let Some(map) = &image.file_map {
            messages.write_note(&map.to_string());
        }
        let measurement = hexadecimal(&image.measurement);
        messages.write_note(&format!("measurement (SHA-256): {measurement}"));
    }
    output.write(&image.file, || {
        let built = Built {
            file: &image.file,
            facts: &image.facts,
            memory_map: &image.memory_map,
            file_map: image.file_map.as_ref(),
        };
        let inputs = files.identities();
        Ok(manifest::built(&arguments.out, &built, &inputs, &settings))
    })?;
    if !arguments.quiet && messages == Messages::Human && io::stderr().is_terminal() {
        let without_signature = arguments.trust_key.is_some() && arguments.sign_key.is_none();
        messages.write_note(&success::line(&arguments.out, &image, without_signature));
    }
    Ok(())
}
