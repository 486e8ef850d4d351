// SPDX-License-Identifier: BSD-2-Clause

//! Errors and warnings, all in one form: problem, expected, found and remedy.

use std::error::Error;
use std::fmt;
use std::path::Path;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::printable;

pub(crate) use self::subject::Subject;

mod subject;

/// An option or argument of the command line, or another subject of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names of the options say it")]
pub enum Flag {
    Loader,
    Unpacker,
    EfiStub,
    Kernel,
    App,
    Microkit,
    Sdk,
    Board,
    SdkConfig,
    Dtb,
    KernelDtb,
    Platform,
    KernelConfig,
    KernelPaddr,
    Cores,
    AppOffset,
    Format,
    Compress,
    LoadAddress,
    FitKeyName,
    Bootargs,
    Verify,
    TrustKey,
    NextKey,
    MinVersion,
    SignKey,
    SignCommand,
    Message,
    Signature,
    ImageVersion,
    Out,
    Svg,
    Config,
    // These are not options.
    Image,
    Log,
    Manifest,
    Environment,
    Folder,
    #[value(name = "standard output")]
    Output,
}

/// Displayed as on the command line.
impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        let name = value.as_ref().map_or("", PossibleValue::get_name);
        match self {
            Self::Image
            | Self::Log
            | Self::Manifest
            | Self::Environment
            | Self::Folder
            | Self::Output => f.write_str(name),
            _ => write!(f, "--{name}"),
        }
    }
}

/// The origin of an input: an option and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) flag: Flag,
    pub(crate) value: &'a Path,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(flag: Flag, value: &'a (impl AsRef<Path> + ?Sized)) -> Self {
        let value = value.as_ref();
        Self { flag, value }
    }

    /// A diagnostic about this input.
    pub(crate) fn diagnostic(self, problem: impl Into<String>) -> Diagnostic {
        let details = Details {
            problem: problem.into(),
            ..Details::default()
        };
        Diagnostic(Box::new(Fields {
            subject: self.into(),
            details,
            reason: None,
            found: None,
        }))
    }
}

/// Displayed as on the command line.
impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Subject::from(*self).fmt(f)
    }
}

/// An error about an input, or a warning if the builder can still make an image.
///
/// ```
/// use std::path::Path;
///
/// use kaal_elfloader_builder::{File, Flag, ImageReader};
///
/// let file = File { path: Path::new("notes.txt"), content: b"no image" };
/// let diagnostic = ImageReader::open(file).expect_err("no image");
/// assert_eq!(diagnostic.flag(), Flag::Image);
/// assert_eq!(diagnostic.value(), Path::new("notes.txt"));
/// let details = diagnostic.details();
/// assert_eq!(
///     diagnostic.to_string(),
///     format!(
///         "image notes.txt: {}\n  expected: {}\n  found: {}\n  help: {}",
///         details.problem, details.expected, details.found, details.remedy
///     )
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Diagnostic(Box<Fields>);

#[derive(Clone, Debug)]
struct Fields {
    subject: Subject,
    details: Details,
    /// The option that leads to the expectation.
    reason: Option<Subject>,
    /// The option that was found, in place of a text.
    found: Option<Subject>,
}

/// The text of a [`Diagnostic`]. It is for people and may change at any time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Details {
    /// The problem.
    pub problem: String,
    /// The expectation.
    pub expected: String,
    /// What the input holds instead.
    pub found: String,
    /// How to solve the problem.
    pub remedy: String,
}

impl Diagnostic {
    /// The option that the diagnostic is about.
    pub fn flag(&self) -> Flag {
        self.0.subject.flag
    }

    /// The value of the option, such as a file's path. It may be empty.
    pub fn value(&self) -> &Path {
        &self.0.subject.value
    }

    /// The source of the option, empty for the command line or if unknown.
    pub(crate) fn source(&self) -> &str {
        self.0.subject.source.as_deref().unwrap_or_default()
    }

    /// The text of the diagnostic.
    pub fn details(&self) -> Details {
        let mut details = self.0.details.clone();
        if let Some(reason) = &self.0.reason {
            details.expected += &format!(", because of {reason}");
        }
        if let Some(found) = &self.0.found {
            details.found = found.to_string();
        }
        details
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.details.expected = expected.into();
        self
    }

    /// Names the option that leads to the expectation.
    pub(crate) fn because_of(mut self, reason: impl Into<Subject>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.0.details.found = found.into();
        self
    }

    /// Names the option that was found.
    pub(crate) fn found_option(mut self, option: impl Into<Subject>) -> Self {
        self.0.found = Some(option.into());
        self
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.details.remedy = remedy.into();
        self
    }

    /// Adds a second remedy.
    pub(crate) fn or_else(mut self, remedy: &str) -> Self {
        self.0.details.remedy += &format!("; {remedy}");
        self
    }

    /// Names the rule that found the problem.
    pub(crate) fn by_rule(mut self, id: &str) -> Self {
        self.0.details.problem += &format!(" (rule {id})");
        self
    }

    /// Adds to each option in the diagnostic its `source`, if known.
    pub(crate) fn with_sources(mut self, source: impl Fn(Flag) -> Option<String>) -> Self {
        let fields = &mut *self.0;
        let others = [&mut fields.reason, &mut fields.found];
        for given in others.into_iter().flatten().chain([&mut fields.subject]) {
            given.source = source(given.flag);
        }
        self
    }
}

/// Displayed in four lines, with the control characters of names and other text from outside escaped.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details();
        let heading = format!("{}: {}", self.0.subject, details.problem);
        writeln!(f, "{}", printable::line(&heading))?;
        writeln!(f, "  expected: {}", printable::line(&details.expected))?;
        writeln!(f, "  found: {}", printable::line(&details.found))?;
        write!(f, "  help: {}", printable::line(&details.remedy))
    }
}

impl Error for Diagnostic {}

/// `text`, cut after `most` characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
