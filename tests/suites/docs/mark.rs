// SPDX-License-Identifier: BSD-2-Clause

//! The HTML comment before a block of commands, which says how it is run.

use anyhow::{Context, Result, bail};
use kaal_harness::tools::{self, Tool};

/// How a block is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark {
    /// Why it isn't.
    pub(crate) not_run: Option<String>,
    /// Only where `SEL4_PREFIX` names a kernel.
    pub(crate) needs_sel4: bool,
    /// Only where there is this program.
    pub(crate) needs: Option<&'static Tool>,
    /// Its commands are ended when they have printed what is shown.
    pub(crate) until_shown: bool,
    /// The page doesn't show what its commands print.
    pub(crate) not_shown: bool,
    /// Numbers are others on each machine.
    pub(crate) numbers_vary: bool,
    /// Standard error is shown as well.
    pub(crate) with_errors: bool,
    /// The exit status of its last command.
    pub(crate) status: i32,
}

impl Mark {
    /// Reads `<!-- not run: REASON -->` or `<!-- runs: HOW, HOW -->`; other comments are none.
    pub(crate) fn parse(comment: &str) -> Result<Self> {
        let mut mark = Self::default();
        let text = comment.trim();
        let Some(text) = text
            .strip_prefix("<!--")
            .and_then(|text| text.strip_suffix("-->"))
        else {
            return Ok(mark);
        };
        if let Some(reason) = text.trim().strip_prefix("not run:") {
            mark.not_run = Some(reason.trim().to_owned());
        } else if let Some(ways) = text.trim().strip_prefix("runs:") {
            for way in ways.split(',') {
                mark.add(way.trim())?;
            }
        }
        Ok(mark)
    }

    fn add(&mut self, way: &str) -> Result<()> {
        match way.split_once(' ') {
            Some(("needs", "SEL4_PREFIX")) => self.needs_sel4 = true,
            Some(("needs", program)) => self.needs = Some(tool(program)?),
            Some(("until", "shown")) => self.until_shown = true,
            Some(("output", "not shown")) => self.not_shown = true,
            Some(("numbers", "vary")) => self.numbers_vary = true,
            Some(("with", "errors")) => self.with_errors = true,
            Some(("status", status)) => self.status = status.parse()?,
            _ => bail!(
                "<!-- runs: {way} -->: one of `needs SEL4_PREFIX`, `needs PROGRAM`, `until shown`, \
                 `output not shown`, `numbers vary`, `with errors` and `status NUMBER` expected"
            ),
        }
        Ok(())
    }
}

/// The program that goes by `name`.
fn tool(name: &str) -> Result<&'static Tool> {
    tools::ALL
        .into_iter()
        .find(|tool| tool.name == name || tool.file_names().contains(&name))
        .with_context(|| {
            format!("needs {name}: a program of tests/harness/src/tools/list.rs expected")
        })
}
