// SPDX-License-Identifier: BSD-2-Clause

//! Diagnostics for errors of the operating system.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Name that means standard input, where a file may come from there.
pub(crate) const STANDARD_INPUT: &str = "-";

/// The file of `origin` can't be read because of `error`.
pub(crate) fn unreadable(origin: Origin<'_>, error: &io::Error) -> Diagnostic {
    let diagnostic = origin
        .diagnostic("can't be read")
        .expected(match origin.flag {
            Flag::Log => "a readable file, or - for standard input",
            Flag::Folder => "a readable folder",
            _ => "a readable file",
        })
        .found(words(error));
    match error.kind() {
        ErrorKind::IsADirectory => diagnostic.found("a folder").remedy("pass a file"),
        ErrorKind::PermissionDenied => diagnostic.remedy("allow the user who runs this to read it"),
        ErrorKind::NotFound if origin.value == Path::new(STANDARD_INPUT) => diagnostic
            .found("standard input")
            .remedy("write its content to a file, and pass that file"),
        _ => diagnostic.remedy(match origin.flag {
            Flag::Config | Flag::Log | Flag::Folder => "correct the name",
            Flag::Image => "correct the name, or build the image first",
            Flag::Signature => "correct the name, or sign first",
            Flag::SignKey | Flag::TrustKey => {
                "correct the name, or make a key pair with `kaal-elfloader-builder keygen`"
            }
            _ => "correct the name, or build the file first",
        }),
    }
}

/// The file of `origin` isn't a regular file, but the kind in `metadata`.
pub(crate) fn not_regular(origin: Origin<'_>, metadata: &Metadata) -> Diagnostic {
    origin
        .diagnostic("can't be read")
        .expected("a regular file")
        .found(kind(metadata))
        .remedy(match metadata.file_type().is_fifo() {
            true => "write its content to a file, and pass that file",
            false => "pass a file",
        })
}

/// The output file of `origin` has the problem `problem` because of `error`.
pub(crate) fn unwritable(origin: Origin<'_>, problem: &str, error: &io::Error) -> Diagnostic {
    let (expected, remedy) = match error.kind() {
        ErrorKind::PermissionDenied => (
            "a writable folder",
            "choose another folder, or allow the user who runs this to write to it",
        ),
        ErrorKind::ReadOnlyFilesystem => ("a writable file system", "choose another folder"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ("enough room", "make room, or choose another folder")
        }
        ErrorKind::InvalidFilename => ("a shorter name", "choose a shorter name"),
        ErrorKind::AlreadyExists => (
            "the name of a new file",
            match origin.flag {
                Flag::TrustKey => "choose another name, or add --force to replace a public key",
                _ => "choose another name; existing files are not overwritten",
            },
        ),
        _ => ("a writable place", "choose another folder or name"),
    };
    origin
        .diagnostic(problem)
        .expected(expected)
        .found(words(error))
        .remedy(remedy)
}

/// The operating system's text for `error`, without its number and without the name of a temporary
/// file.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// The kind of a file that isn't regular.
pub(crate) fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use super::{unreadable, unwritable};
    use crate::diagnostic::{Diagnostic, Flag, Origin};

    /// The remedy for an error. Its text looks like the operating system's, whose numbers differ
    /// between systems.
    fn about(
        flag: Flag,
        kind: ErrorKind,
        say: impl Fn(Origin<'_>, &io::Error) -> Diagnostic,
    ) -> String {
        let origin = Origin::new(flag, "file");
        let error = io::Error::new(kind, format!("{kind} (os error 1)"));
        let wrapped = io::Error::new(kind, format!("{error} at path \"/tmp/.kaal-Ab1\""));
        let text = say(origin, &error).to_string();
        assert!(!text.contains("os error"), "{text}");
        assert_eq!(say(origin, &wrapped).to_string(), text);
        let remedy = text.rsplit_once("help: ").expect("a remedy").1;
        remedy.to_owned()
    }

    #[test]
    fn remedies_against_unwritable_files_fit_the_reason() {
        let remedy = |kind| {
            about(Flag::Out, kind, |origin, error| {
                unwritable(origin, "can't be written", error)
            })
        };
        let allow = "choose another folder, or allow the user who runs this to write to it";
        let room = "make room, or choose another folder";
        assert_eq!(remedy(ErrorKind::StorageFull), room);
        assert_eq!(remedy(ErrorKind::QuotaExceeded), room);
        assert_eq!(remedy(ErrorKind::PermissionDenied), allow);
        let read_only = remedy(ErrorKind::ReadOnlyFilesystem);
        assert_eq!(read_only, "choose another folder");
        assert_eq!(remedy(ErrorKind::InvalidFilename), "choose a shorter name");
    }

    #[test]
    fn remedies_against_unreadable_files_fit_reason_and_file() {
        let remedy = |flag, kind| about(flag, kind, unreadable);
        for flag in [Flag::Kernel, Flag::Config, Flag::SignKey] {
            let remedy = remedy(flag, ErrorKind::PermissionDenied);
            assert_eq!(remedy, "allow the user who runs this to read it");
        }
        let config = remedy(Flag::Config, ErrorKind::NotFound);
        assert_eq!(config, "correct the name");
        let kernel = remedy(Flag::Kernel, ErrorKind::NotFound);
        assert_eq!(kernel, "correct the name, or build the file first");
    }
}
