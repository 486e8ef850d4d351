// SPDX-License-Identifier: BSD-2-Clause

//! Looking whether an image will boot.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_payload::{PhysAddr, PhysRange};

use super::messages::{Level, Messages};
use super::text::{print, wrap};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::File;
use crate::files::input::Input;
use crate::image_reader::{self, ImageReader};
use crate::parts::device_tree::DeviceTree;
use crate::parts::kernel::{self, Kernel};
use crate::parts::platform::{self, KernelConfig};
use crate::rules::{self, Board, Outcome, Rule, Situation, Sources, Trusted};
use crate::signing;

/// What scripts want to know.
const EXIT_STATUS: &str = "\
Exit status: 0 if no rule is broken, with or without warnings; 1 if one is, or if the file is no image; \
2 if the command line is wrong";

/// Which image to look at, and what is known of what it is for.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct Arguments {
    /// The image
    #[arg(required_unless_present = "explain")]
    image: Option<PathBuf>,
    /// How the kernel was configured: seL4's gen_config.json
    #[arg(long, value_name = "FILE")]
    kernel_config: Option<PathBuf>,
    /// Where RAM is: seL4's platform_gen.yaml or platform_gen.json
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
    /// The seL4 kernel that should be in the image (kernel.elf)
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// The device tree that the machine's firmware hands over, instead of the one in the image
    #[arg(long, value_name = "FILE")]
    dtb: Option<PathBuf>,
    /// The public key that the image must be signed with, and its loader trust, a PEM file
    #[arg(long, value_name = "FILE")]
    trust_key: Option<PathBuf>,
    /// Say what a rule is about, and look at no image
    #[arg(
        long,
        value_name = "RULE",
        conflicts_with = "image",
        value_parser = PossibleValuesParser::new(rules::rules().iter().map(|rule| rule.id))
    )]
    explain: Option<String>,
}

/// Applies all rules to the image that `arguments` name and prints what comes of each.
///
/// # Errors
///
/// Returns what is wrong with it.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> Result<(), Diagnostic> {
    if let Some(id) = &arguments.explain {
        let mut rules = rules::rules().iter().filter(|rule| rule.id == id);
        return rules.try_for_each(|rule| print(explain(rule)));
    }
    let path = arguments.image.as_deref().unwrap_or(Path::new(""));
    let content = image_reader::read(path)?;
    let image = ImageReader::open(File {
        path,
        content: &content,
    })?;
    let kernel = read(Flag::Kernel, arguments.kernel.as_deref())?;
    let device_tree = read(Flag::Dtb, arguments.dtb.as_deref())?;
    let platform = read(Flag::Platform, arguments.platform.as_deref())?;
    let config = read(Flag::KernelConfig, arguments.kernel_config.as_deref())?;
    let key = read(Flag::TrustKey, arguments.trust_key.as_deref())?;

    let payload = image.payload();
    let level = payload.exception_level;
    let boot_part = match &kernel {
        Some(given) => {
            let kernel = Kernel::read(origin(given), &given.content)?;
            check_kernel(origin(given), &image, &kernel)?;
            kernel::boot_part(&kernel, &given.content)
        }
        None => None,
    };
    let board = match &device_tree {
        Some(given) => {
            let arguments = payload.boot_arguments;
            let tree = DeviceTree::read(origin(given), &given.content, arguments)?;
            Some(Board::new(&tree))
        }
        None => Board::embedded(&image),
    };
    let known = Situation::of_image(&image, board);
    let read_platform = |given: &Input<'_>| platform::read(origin(given), &given.content);
    let read_config = |given: &Input<'_>| KernelConfig::read(origin(given), &given.content, level);
    let situation = Situation {
        sources: Sources {
            kernel: kernel.as_ref().map(origin),
            device_tree: device_tree.as_ref().map(origin),
            platform: platform.as_ref().map(origin),
            kernel_config: config.as_ref().map(origin),
            ..known.sources
        },
        boot_part,
        platform: platform.as_ref().map(read_platform).transpose()?,
        config: config.as_ref().map(read_config).transpose()?,
        trusted: key.as_ref().map(read_key).transpose()?,
        ..known
    };
    report(&situation, messages)
}

fn read(flag: Flag, path: Option<&Path>) -> Result<Option<Input<'_>>, Diagnostic> {
    path.map(|path| Input::read(flag, path)).transpose()
}

fn read_key<'a>(given: &Input<'a>) -> Result<Trusted<'a>, Diagnostic> {
    let origin = origin(given);
    let key = signing::public_key(origin, &given.content)?.to_bytes();
    Ok(Trusted { origin, key })
}

fn origin<'a>(input: &Input<'a>) -> Origin<'a> {
    Origin {
        flag: input.flag,
        value: input.path,
    }
}

/// Prints what comes of each rule.
fn report(situation: &Situation<'_>, messages: Messages) -> Result<(), Diagnostic> {
    let mut table = String::new();
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    for (rule, outcome) in rules::apply(situation) {
        let verdict = outcome.verdict();
        let detail = match outcome {
            Outcome::Passed(text) | Outcome::NotChecked(text) => text,
            Outcome::Warned(complaint) => {
                warnings.push(complaint.diagnostic(rule, situation));
                complaint.problem
            }
            Outcome::Refused(complaint) => {
                errors.push(complaint.diagnostic(rule, situation));
                complaint.problem
            }
        };
        table.push_str(&format!("{verdict:<13}{:<18}{detail}\n", rule.id));
    }
    print(&table)?;
    for warning in warnings {
        messages.write(Level::Warning, &warning);
    }
    let Some(last) = errors.pop() else {
        return Ok(());
    };
    for error in errors {
        messages.write(Level::Error, &error);
    }
    Err(last)
}

/// The rule in words.
fn explain(rule: &Rule) -> String {
    format!(
        "{}\n\n{}\n\n{}\n",
        wrap(&format!("{}: {}", rule.id, rule.sentence)),
        wrap(rule.explanation),
        wrap(&format!("Source: {}", rule.source))
    )
}

/// Checks that `kernel` is the one in the image.
fn check_kernel(
    origin: Origin<'_>,
    image: &ImageReader<'_>,
    kernel: &Kernel<'_>,
) -> Result<(), Diagnostic> {
    let holds = |phys: u64, content: &[u8]| {
        let start = PhysAddr(phys);
        let memory = PhysRange::from_size(start, content.len() as u64);
        memory
            .and_then(|memory| image.bytes(memory))
            .is_some_and(|bytes| *bytes == *content)
    };
    let segments = &kernel.segments;
    let is_same = image.payload().kernel_entry == kernel.entry
        && segments
            .iter()
            .all(|segment| holds(segment.phys, segment.content));
    if is_same {
        return Ok(());
    }
    Err(origin
        .diagnostic("not the kernel in the image")
        .expected("the file that the image was built of")
        .found("other content")
        .remedy("give that file, or none"))
}
