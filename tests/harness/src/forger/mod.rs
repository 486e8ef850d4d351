// SPDX-License-Identifier: BSD-2-Clause

//! Forges signed images in all ways that need no secret key, and tries to get the forgeries accepted by the builder's
//! `check` and booted by the loader.
//!
//! ```text
//!  signed      the image that is forged, and what its forger has
//!  steps       changes an image by random steps
//!  header, memory
//!              steps that change the payload header, and other memory
//!  choice      random choices
//!  image       an image that can be changed
//!  executable, packed
//!              its file: reads, changes and writes it
//!  changes     changes of bytes that are computed again for each file
//!  check       asks the builder
//!  boot        asks the loader, in the hypervisor that also flips bits
//!  summary     sums up the answers
//! ```

mod boot;
mod changes;
mod check;
mod choice;
mod executable;
mod header;
mod image;
mod memory;
mod packed;
mod signed;
mod steps;
mod summary;

use std::fs;
use std::mem;
use std::num::NonZeroU64;
use std::path::Path;

use anyhow::{Result, ensure};
use kaal_flips::Fate;

use crate::flips::Subject;
use crate::flips::guest::PACKAGE_ADDRESS;
use crate::threads::in_threads;
use crate::workspace::Workspace;

use boot::Batch;
use signed::Signed;

pub use summary::Summary;

/// The images that are forged.
pub const SUBJECTS: [Subject; 5] = [
    Subject {
        name: "elf",
        packing: &[],
        load_address: None,
    },
    Subject {
        name: "raw",
        packing: &["--format", "raw"],
        load_address: Some(PACKAGE_ADDRESS),
    },
    Subject {
        name: "raw-lz4",
        packing: &["--format", "raw", "--compress", "lz4"],
        load_address: Some(PACKAGE_ADDRESS),
    },
    Subject {
        name: "image-lz4",
        packing: &["--format", "image", "--compress", "lz4"],
        load_address: Some(PACKAGE_ADDRESS),
    },
    Subject {
        name: "uimage",
        packing: &["--format", "uimage", "--load-address", "0x48600000"],
        load_address: Some(0x4860_0000),
    },
];

/// Forgeries to make: one for each seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first seed.
    pub first: u64,
    /// Number of seeds.
    pub count: u64,
}

/// A first seed for [`Extent`], another one each time.
pub fn any_seed() -> u64 {
    fastrand::u64(..1 << 48)
}

/// A forged image.
struct Forgery {
    /// The seed of its random choices.
    seed: u64,
    /// The changes.
    steps: Vec<String>,
    /// Whether `check` accepts it.
    is_accepted: bool,
}

/// Forges the image `subject`, in `workers` threads. Boots all forgeries of ELF files that keep the loader, and all
/// others that `check` accepts.
///
/// # Errors
///
/// Fails if the programs are not built, or if the signed image is not accepted and booted. The [`Summary`] has the
/// results.
pub fn run(
    workspace: &Workspace,
    subject: Subject,
    extent: Extent,
    workers: NonZeroU64,
) -> Result<Summary> {
    let scratch = tempfile::tempdir()?;
    let signed = Signed::new(workspace, subject, scratch.path())?;
    ensure!(
        signed.image.write().as_deref() == Some(&signed.file),
        "the forger doesn't write {} files as the builder does",
        subject.name
    );
    let place = scratch.path().join("signed");
    ensure!(
        check::accepts(workspace, &signed.trust_key, &place, &signed.file)?,
        "`check` refuses the image that is signed"
    );
    let mut summary = Summary::new(subject.name, extent.first);
    let end = extent.first.saturating_add(extent.count);
    let shares = in_threads(workers, |worker| {
        let folder = scratch.path().join(worker.to_string());
        fs::create_dir(&folder)?;
        let seeds = (extent.first + worker..end).step_by(workers.get() as usize);
        try_all(workspace, subject, &signed, &folder, seeds)
    })?;
    for (forgery, booted) in shares.into_iter().flatten() {
        summary.add(&forgery, booted.as_ref());
    }
    Ok(summary)
}

/// A forgery, and what became of it if it was booted.
type Tried = (Forgery, Option<(Fate, String)>);

/// Makes the forgeries of `seeds` and tries them, with the help of files in `folder`.
fn try_all(
    workspace: &Workspace,
    subject: Subject,
    signed: &Signed,
    folder: &Path,
    seeds: impl Iterator<Item = u64>,
) -> Result<Vec<Tried>> {
    let place = folder.join("forgery");
    let (mut booted, mut others) = (Vec::new(), Vec::new());
    let (mut batch, mut fates) = (Batch::new(subject, signed), Vec::new());
    for seed in seeds {
        let (file, steps) = steps::forge(signed, seed);
        let forgery = Forgery {
            seed,
            steps,
            is_accepted: check::accepts(workspace, &signed.trust_key, &place, &file)?,
        };
        if subject.is_package() && !forgery.is_accepted {
            others.push((forgery, None));
            continue;
        }
        if batch.is_full(&file) {
            let full = mem::replace(&mut batch, Batch::new(subject, signed));
            fates.extend(full.boot(workspace, folder)?);
        }
        batch.add(&file);
        booted.push(forgery);
    }
    fates.extend(batch.boot(workspace, folder)?);
    others.extend(booted.into_iter().zip(fates.into_iter().map(Some)));
    Ok(others)
}
