// SPDX-License-Identifier: BSD-2-Clause

//! Boots forgeries in the hypervisor.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kaal_flips::{
    FILE_ADDRESS, FORGERIES_ADDRESS, FORGERIES_MAX_SIZE, FORGERY, Fate, JOB_ADDRESS, Job, Span,
    WINDOW,
};
use zerocopy::IntoBytes;

use super::packed;
use super::signed::Signed;
use crate::flips::{Subject, hypervisor};
use crate::workspace::Workspace;

/// No memory.
const NOTHING: Span = Span {
    end: WINDOW.start,
    ..WINDOW
};

/// Forgeries to boot, and before them the signed image, which shows whether forgeries can boot at all.
pub(super) struct Batch<'a> {
    subject: Subject,
    signed: &'a Signed,
    bytes: Vec<u8>,
    count: u64,
}

impl<'a> Batch<'a> {
    /// No forgeries of `signed` yet.
    pub(super) fn new(subject: Subject, signed: &'a Signed) -> Self {
        let mut batch = Self {
            subject,
            signed,
            bytes: Vec::new(),
            count: 0,
        };
        batch.add(&signed.file);
        batch
    }

    /// Whether there is no room for this file.
    pub(super) fn is_full(&self, file: &[u8]) -> bool {
        (self.bytes.len() + size_of::<u64>() + file.len()) as u64 > FORGERIES_MAX_SIZE
    }

    pub(super) fn add(&mut self, file: &[u8]) {
        let file = packed::without_uboot_header(file);
        self.bytes.extend((file.len() as u64).to_le_bytes());
        self.bytes.extend(file);
        self.count += 1;
    }

    /// Boots all forgeries, with the help of files in `folder`. Returns the fate of each, with the hypervisor's words.
    pub(super) fn boot(self, workspace: &Workspace, folder: &Path) -> Result<Vec<(Fate, String)>> {
        let (subject, signed) = (self.subject, self.signed);
        let file = packed::without_uboot_header(&signed.file);
        let [loader, constant] = match subject.is_package() {
            false => [signed.guest.loader, signed.guest.constant],
            // The unpacker writes it.
            true => [NOTHING; 2],
        };
        let job = Job {
            forgery_count: self.count,
            loader,
            constant,
            ..signed.guest.job(file.len(), subject.load_address, &[])?
        };
        let contents = [
            (FILE_ADDRESS, file),
            (JOB_ADDRESS, job.as_bytes()),
            (FORGERIES_ADDRESS, &self.bytes),
        ];
        let console = hypervisor::run(workspace, folder, &contents)?;
        let mut fates = console
            .lines()
            .filter_map(|line| line.strip_prefix(FORGERY))
            .map(|line| parse(line).with_context(|| format!("no fate: {line:?}")))
            .collect::<Result<Vec<_>>>()?;
        let count = self.count;
        ensure!(
            fates.len() as u64 == count,
            "{count} boots expected, {} found",
            fates.len(),
        );
        let (fate, detail) = fates.remove(0);
        ensure!(fate == Fate::AsSigned, "the signed image: {fate} {detail}");
        Ok(fates)
    }
}

/// Reads the rest of a line behind [`FORGERY`].
fn parse(line: &str) -> Option<(Fate, String)> {
    let (word, detail) = line.split_once(' ').unwrap_or((line, ""));
    let fate = Fate::ALL.into_iter().find(|fate| fate.word() == word)?;
    Some((fate, detail.to_owned()))
}
