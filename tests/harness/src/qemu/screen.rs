// SPDX-License-Identifier: BSD-2-Clause

//! Shows and stores a console while it runs.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::Announcement;
use super::announcer::Announcer;
use super::painter::Painter;

/// Shows a console, and writes it to a file.
#[derive(Debug)]
pub(super) struct Screen {
    painter: Option<Painter>,
    announcer: Option<Announcer>,
    log: Option<File>,
}

impl Screen {
    /// A screen that writes to standard output, with colours if it is a terminal that supports them, and to the
    /// file `log`. Only standard output gets the `announcement`.
    ///
    /// # Errors
    ///
    /// Fails if the file can't be written.
    pub(super) fn new(
        is_shown: bool,
        announcement: Option<Announcement>,
        log: Option<&Path>,
    ) -> Result<Self> {
        let create = |path: &Path| {
            File::create(path)
                .with_context(|| format!("--log {}: can't be written", path.display()))
        };
        Ok(Self {
            painter: is_shown.then(Painter::default),
            announcer: announcement.map(Announcer::new),
            log: log.map(create).transpose()?,
        })
    }

    pub(super) fn show(&mut self, piece: &[u8]) -> Result<()> {
        if let Some(painter) = &mut self.painter {
            let mut stdout = anstream::stdout().lock();
            match &mut self.announcer {
                Some(announcer) => {
                    stdout.write_all(&painter.paint(&announcer.amid(piece)))?;
                }
                None => stdout.write_all(&painter.paint(piece))?,
            }
            stdout.flush()?;
        }
        if let Some(log) = &mut self.log {
            log.write_all(piece).context("--log: failed to write")?;
        }
        Ok(())
    }

    /// Begins a new line, without colour, if the console's last line has no end.
    pub(super) fn end(&mut self) -> Result<()> {
        if let Some(painter) = &mut self.painter
            && painter.is_within_line()
        {
            writeln!(anstream::stdout().lock(), "{}", painter.reset())?;
        }
        Ok(())
    }
}
