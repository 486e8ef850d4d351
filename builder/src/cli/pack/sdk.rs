// SPDX-License-Identifier: BSD-2-Clause

//! Finds the kernel and the files of its build in Microkit's SDK.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::Arguments;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

/// The variable that Microkit's tool and its examples read.
const VARIABLE: &str = "MICROKIT_SDK";

/// Sets the options for files that an SDK has, unless they are given. `reads_environment` permits the variable.
pub(super) fn complete(
    mut arguments: Arguments,
    reads_environment: bool,
) -> Result<Arguments, Diagnostic> {
    let Some(board) = arguments.board.as_deref() else {
        return match unused(&arguments) {
            Some(origin) => Err(origin
                .diagnostic("needs the name of a board")
                .expected("the option --board")
                .found("none")
                .remedy("pass the board that the system was built for")),
            None => Ok(arguments),
        };
    };
    let variable = std::env::var_os(VARIABLE).filter(|_| reads_environment);
    let sdk = arguments.sdk.clone().or(variable.map(PathBuf::from));
    let sdk = sdk.ok_or_else(|| {
        Origin::new(Flag::Board, board)
            .diagnostic("needs Microkit's SDK")
            .expected(format!("the option --sdk, or the variable {VARIABLE}"))
            .found("neither")
            .remedy("pass the folder that the SDK was unpacked to")
    })?;
    let boards = sdk.join("board");
    let found = folders(Origin::new(Flag::Sdk, &sdk), &boards)?;
    choose(Origin::new(Flag::Board, board), "board", &found)?;
    let configurations = boards.join(board);
    let found = folders(Origin::new(Flag::Sdk, &sdk), &configurations)?;
    let configuration = arguments.sdk_config.as_deref().unwrap_or_default();
    choose(
        Origin::new(Flag::SdkConfig, configuration),
        "configuration of this board",
        &found,
    )?;
    let folder = configurations.join(configuration);
    let set = |option: &mut Option<PathBuf>, file: &str| {
        option.get_or_insert_with(|| folder.join(file));
    };
    set(&mut arguments.kernel, "elf/sel4.elf");
    set(
        &mut arguments.kernel_config,
        "include/kernel/gen_config.json",
    );
    set(&mut arguments.platform, "platform_gen.json");
    Ok(arguments)
}

/// An option that has no effect without a board.
fn unused(arguments: &Arguments) -> Option<Origin<'_>> {
    let sdk = arguments.sdk.as_deref();
    let configuration = arguments.sdk_config.as_deref();
    let sdk = sdk.map(|sdk| Origin::new(Flag::Sdk, sdk));
    sdk.or(configuration.map(|configuration| Origin::new(Flag::SdkConfig, configuration)))
}

/// Checks that `found` has a folder of the name in `origin`.
fn choose(origin: Origin<'_>, what: &str, found: &[String]) -> Result<(), Diagnostic> {
    match found
        .iter()
        .any(|name| OsStr::new(name) == origin.value.as_os_str())
    {
        true => Ok(()),
        false => Err(origin
            .diagnostic(format!("not a {what} in the SDK"))
            .expected(match found {
                [] => format!("a {what}"),
                _ => found.join(" or "),
            })
            .found(match origin.value.as_os_str().is_empty() {
                true => "none".to_owned(),
                false => origin.value.display().to_string(),
            })
            .remedy(format!("pass the {what} that the system was built for"))),
    }
}

/// The names of the folders in `path`, sorted.
fn folders(sdk: Origin<'_>, path: &Path) -> Result<Vec<String>, Diagnostic> {
    let unreadable = |error| {
        let diagnostic = access::unreadable(sdk, &error);
        diagnostic.expected(format!(
            "Microkit's SDK, with the folder {}",
            path.display()
        ))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
