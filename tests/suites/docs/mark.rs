// SPDX-License-Identifier: BSD-2-Clause

//! Reads the HTML comment before a block of commands, which says how to run it.

use anyhow::{Context, Result, bail};
use kaal_harness::tools::{self, Tool};

/// How to run a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark {
    /// The reason not to run it.
    pub(crate) not_run: Option<String>,
    /// Run it only if `SEL4_PREFIX` names a kernel.
    pub(crate) needs_sel4: bool,
    /// Run it only if these programs exist.
    pub(crate) needs: Vec<&'static Tool>,
    /// End its commands when they have printed the shown output.
    pub(crate) until_shown: bool,
    /// Run it in a copy of the checkout, whose root task the commands may change.
    pub(crate) in_copy: bool,
    /// The page doesn't show the output of its commands.
    pub(crate) not_shown: bool,
    /// Numbers differ on each machine.
    pub(crate) numbers_vary: bool,
    /// The page also shows standard error.
    pub(crate) with_errors: bool,
    /// The exit status of its last command.
    pub(crate) status: i32,
}

impl Mark {
    /// Reads `<!-- not run: REASON -->` or `<!-- runs: HOW, HOW -->`, and ignores other comments.
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
            Some(("needs", program)) => self.needs.push(tool(program)?),
            Some(("until", "shown")) => self.until_shown = true,
            Some(("in", "a copy")) => self.in_copy = true,
            Some(("output", "not shown")) => self.not_shown = true,
            Some(("numbers", "vary")) => self.numbers_vary = true,
            Some(("with", "errors")) => self.with_errors = true,
            Some(("status", status)) => self.status = status.parse()?,
            _ => bail!(
                "<!-- runs: {way} -->: one of `in a copy`, `needs SEL4_PREFIX`, `needs PROGRAM`, \
                 `until shown`, `output not shown`, `numbers vary`, `with errors` and `status NUMBER` expected"
            ),
        }
        Ok(())
    }
}

/// The program with this name.
fn tool(name: &str) -> Result<&'static Tool> {
    tools::ALL
        .into_iter()
        .find(|tool| tool.name == name || tool.file_names().contains(&name))
        .with_context(|| {
            format!("needs {name}: a program of tests/harness/src/tools/list.rs expected")
        })
}
