// SPDX-License-Identifier: BSD-2-Clause

//! The one shape that all errors and warnings have.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// An option of the command line, or its argument that is an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is the option or argument of the same name"
)]
pub enum Flag {
    Loader,
    Unpacker,
    Kernel,
    App,
    Dtb,
    Platform,
    KernelConfig,
    KernelPaddr,
    Cores,
    AppOffset,
    Format,
    Compress,
    LoadAddress,
    Bootargs,
    Verify,
    TrustKey,
    MinVersion,
    SignKey,
    SignCommand,
    Message,
    Signature,
    ImageVersion,
    Out,
    Image,
    Log,
    Svg,
    Config,
    Environment,
    Folder,
}

/// Shown as on the command line.
impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loader => "--loader",
            Self::Unpacker => "--unpacker",
            Self::Kernel => "--kernel",
            Self::App => "--app",
            Self::Dtb => "--dtb",
            Self::Platform => "--platform",
            Self::KernelConfig => "--kernel-config",
            Self::KernelPaddr => "--kernel-paddr",
            Self::Cores => "--cores",
            Self::AppOffset => "--app-offset",
            Self::Format => "--format",
            Self::Compress => "--compress",
            Self::LoadAddress => "--load-address",
            Self::Bootargs => "--bootargs",
            Self::Verify => "--verify",
            Self::TrustKey => "--trust-key",
            Self::MinVersion => "--min-version",
            Self::SignKey => "--sign-key",
            Self::SignCommand => "--sign-command",
            Self::Message => "--message",
            Self::Signature => "--signature",
            Self::ImageVersion => "--image-version",
            Self::Out => "--out",
            Self::Log => "log",
            Self::Image => "image",
            Self::Svg => "--svg",
            Self::Config => "--config",
            Self::Environment => "environment",
            Self::Folder => "folder",
        })
    }
}

/// Where something came from: an option and what it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) flag: Flag,
    pub(crate) value: &'a Path,
}

impl Origin<'_> {
    /// Begins to say what is wrong with this input.
    pub(crate) fn finding(self, problem: impl Into<String>) -> Finding {
        Finding(Box::new(Parts {
            flag: self.flag,
            value: self.value.to_owned(),
            problem: problem.into(),
            expected: String::new(),
            found: String::new(),
            remedy: String::new(),
        }))
    }
}

/// Shown as on the command line.
impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.flag, self.value.display())
    }
}

/// What is wrong with an input: an error, or a warning where an image can be made all the same.
#[derive(Clone, Debug)]
pub struct Finding(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    flag: Flag,
    value: PathBuf,
    problem: String,
    expected: String,
    found: String,
    remedy: String,
}

impl Finding {
    /// The option that the finding is about.
    pub fn flag(&self) -> Flag {
        self.0.flag
    }

    /// What the option was given.
    pub(crate) fn value(&self) -> &Path {
        &self.0.value
    }

    /// What the problem is, what was expected and found, and the remedy.
    pub(crate) fn texts(&self) -> [&str; 4] {
        let Parts {
            problem,
            expected,
            found,
            remedy,
            ..
        } = &*self.0;
        [problem, expected, found, remedy]
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = expected.into();
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.0.found = found.into();
        self
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = remedy.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            flag,
            value,
            problem,
            expected,
            found,
            remedy,
        } = &*self.0;
        match value.as_os_str().is_empty() {
            true => writeln!(f, "{flag}: {problem}")?,
            false => writeln!(f, "{flag} {}: {problem}", value.display())?,
        }
        writeln!(f, "  expected: {expected}")?;
        writeln!(f, "  found: {found}")?;
        write!(f, "  remedy: {remedy}")
    }
}

impl Error for Finding {}
