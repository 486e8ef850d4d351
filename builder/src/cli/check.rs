// SPDX-License-Identifier: BSD-2-Clause

//! `check`: applies all rules to an image.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_payload::{PhysAddr, PhysRange};

use super::messages::Messages;
use super::programs;
use super::text::{print, wrap};
use super::{FAILED, Failure};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::File;
use crate::files::input::Input;
use crate::image_reader::{self, ImageReader};
use crate::parts::device_tree::DeviceTree;
use crate::parts::kernel::{self, Kernel};
use crate::parts::platform::{self, KernelConfig};
use crate::printable;
use crate::rules::{self, Board, Outcome, RULES, Rule, Situation, Trusted};
use crate::signing;

/// Note at the end of `--help`.
const EXIT_STATUS: &str = "\
Exit status: 0 if no rule is broken, even with warnings; 1 if a rule is broken or the file is no image; \
2 if the command line is wrong";

/// The image, and files that say more about its kernel and machine.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct Arguments {
    /// Image to check
    #[arg(required_unless_present = "explain")]
    image: Option<PathBuf>,
    /// Configuration of its kernel: seL4's gen_config.json
    #[arg(long, value_name = "FILE")]
    kernel_config: Option<PathBuf>,
    /// RAM of its kernel's platform: seL4's platform_gen.yaml or platform_gen.json
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
    /// Kernel that should be in it: seL4's kernel.elf
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// Device tree that the firmware passes [default: the one in the image]
    #[arg(long, value_name = "FILE")]
    dtb: Option<PathBuf>,
    /// Public key (PEM file) that the image must be signed with and that its loader must trust
    #[arg(long, value_name = "FILE")]
    trust_key: Option<PathBuf>,
    /// Another public key (PEM file) that its loader must trust, and that the image may be signed with
    #[arg(long, value_name = "FILE", requires = "trust_key")]
    next_key: Option<PathBuf>,
    #[command(flatten)]
    programs: programs::Arguments,
    /// Explain a rule instead of checking an image
    #[arg(
        long,
        value_name = "RULE",
        conflicts_with = "image",
        value_parser = PossibleValuesParser::new(RULES.iter().map(|rule| rule.id))
    )]
    explain: Option<String>,
}

/// Applies all rules and prints the outcome of each.
///
/// # Errors
///
/// Returns the broken rules, or why the image or another file can't be read.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> Result<(), Failure> {
    if let Some(id) = &arguments.explain {
        let rules = RULES.iter().filter(|rule| rule.id == id);
        return Ok(print(rules.map(explain).collect::<String>())?);
    }
    let path = arguments.image.as_deref().unwrap_or(Path::new(""));
    let content = &image_reader::read(path)?;
    let image = ImageReader::open(File { path, content })?;
    arguments.programs.check(&image)?;
    let kernel = Input::read_if_given(Flag::Kernel, arguments.kernel.as_deref())?;
    let device_tree = Input::read_if_given(Flag::Dtb, arguments.dtb.as_deref())?;
    let platform = Input::read_if_given(Flag::Platform, arguments.platform.as_deref())?;
    let config = Input::read_if_given(Flag::KernelConfig, arguments.kernel_config.as_deref())?;
    let key = Input::read_if_given(Flag::TrustKey, arguments.trust_key.as_deref())?;
    let next = Input::read_if_given(Flag::NextKey, arguments.next_key.as_deref())?;

    let payload = image.payload();
    let level = payload.exception_level;
    let mut situation = Situation::of_image(&image);
    if let Some(given) = &kernel {
        let kernel = Kernel::read(given.origin(), &given.content)?;
        check_kernel(given.origin(), &image, &kernel)?;
        situation.boot_part = kernel::boot_part(&kernel, &given.content);
    }
    if let Some(given) = &device_tree {
        let arguments = payload.boot_arguments;
        let tree = DeviceTree::read(given.origin(), &given.content, arguments)?;
        situation.board = Some(Board::new(&tree));
    }
    if let Some(given) = &platform {
        situation.platform = Some(platform::read(given.origin(), &given.content)?);
    }
    if let Some(given) = &config {
        situation.config = Some(KernelConfig::read(given.origin(), &given.content, level)?);
    }
    for given in [&key, &next].into_iter().flatten() {
        let origin = given.origin();
        let key = signing::public_key(origin, &given.content)?.to_bytes();
        situation.trusted.push(Trusted { origin, key });
    }
    let given = [&kernel, &device_tree, &platform, &config];
    let given = given.into_iter().flatten();
    situation.origins.extend(given.map(Input::origin));
    report(&situation, messages)
}

/// Prints the outcome of each rule.
fn report(situation: &Situation<'_>, messages: Messages) -> Result<(), Failure> {
    let mut table = String::new();
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    for (rule, outcome) in rules::apply(situation) {
        let (verdict, text) = (outcome.verdict(), printable::line(&outcome.text()));
        table.push_str(&format!("{verdict:<13}{:<18}{text}\n", rule.id));
        match outcome {
            Outcome::Passed(_) | Outcome::NotChecked(_) => {}
            Outcome::Warned(warning) => warnings.push(warning.by_rule(rule.id)),
            Outcome::Refused(error) => errors.push(error.by_rule(rule.id)),
        }
    }
    print(&table)?;
    for warning in warnings {
        messages.write("warning", &warning);
    }
    Failure::check(FAILED, errors)
}

/// The page on one rule.
fn explain(rule: &Rule) -> String {
    let sentence = wrap(&format!("{}: {}", rule.id, rule.sentence));
    let explanation = wrap(rule.explanation);
    let source = wrap(&format!("Source: {}", rule.source));
    format!("{sentence}\n\n{explanation}\n\n{source}\n")
}

/// Checks that `kernel` is the kernel in the image.
fn check_kernel(
    origin: Origin<'_>,
    image: &ImageReader<'_>,
    kernel: &Kernel<'_>,
) -> Result<(), Diagnostic> {
    let is_same = image.payload().kernel_entry == kernel.entry
        && kernel.segments.iter().all(|segment| {
            let size = segment.content.len() as u64;
            let memory = PhysRange::from_size(PhysAddr(segment.phys), size);
            let bytes = memory.and_then(|memory| image.bytes(memory));
            bytes.is_some_and(|bytes| *bytes == *segment.content)
        });
    if is_same {
        return Ok(());
    }
    Err(origin
        .diagnostic("not the kernel in the image")
        .expected("the kernel that the image was built from")
        .found("other content")
        .remedy("pass that kernel, or leave --kernel out"))
}
