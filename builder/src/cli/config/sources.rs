// SPDX-License-Identifier: BSD-2-Clause

//! What gave the options that diagnostics name.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::{Configuration, id};
use crate::diagnostic::{Diagnostic, Flag};

/// Where each option comes from.
pub(crate) struct Sources<'a> {
    configuration: &'a Configuration,
    matches: &'a ArgMatches,
}

impl<'a> Sources<'a> {
    /// Of the options in `matches`, which `configuration` completed.
    pub(crate) fn new(configuration: &'a Configuration, matches: &'a ArgMatches) -> Self {
        Self {
            configuration,
            matches,
        }
    }

    /// Lets `diagnostics` name what gave the options that they are about.
    pub(crate) fn name(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let name = |diagnostic: Diagnostic| diagnostic.with_sources(|flag| self.source(flag));
        diagnostics.into_iter().map(name).collect()
    }

    /// A variable, a line of a file, or that it is the default; `None` for the command line.
    fn source(&self, flag: Flag) -> Option<String> {
        let option = flag.to_string();
        let name = option.strip_prefix("--")?;
        if let Some(source) = self.configuration.source(name) {
            return Some(source.to_owned());
        }
        let mut present = self.matches.ids();
        let id = present.find(|present| present.as_str() == id(name))?;
        let is_default = self.matches.value_source(id.as_str()) == Some(ValueSource::DefaultValue);
        is_default.then(|| "default".to_owned())
    }
}
