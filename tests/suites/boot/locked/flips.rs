// SPDX-License-Identifier: BSD-2-Clause

//! Single flipped bits in images that a locked firmware tries, many in one boot.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use kaal_harness::firmwares::Key;
use kaal_harness::probe::PASS;
use kaal_harness::qemu::End;

use super::Locked;
use super::parts::signed_parts;

/// The number of flips.
const COUNT: usize = 300;

/// The number of images in one boot. QEMU's machine has room for 32 disks.
const AT_ONCE: usize = 30;

/// The seed of the choice.
const SEED: u64 = 20;

/// The end of a boot of an image with a flipped bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The kernel ran.
    Booted,
    /// KaaL refused what the firmware had started.
    RefusedByKaal,
    /// A crash or a hang.
    Stuck,
}

/// Flips bits of a signed image. None in a signed part boots.
pub(super) fn random(locked: &Locked) -> Result<()> {
    locked.sign(Key::Trusted)?;
    let image = fs::read(locked.image.path())?;
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut bits = BTreeSet::new();
    while bits.len() < COUNT {
        bits.insert(random.usize(..image.len() * 8));
    }
    let bits: Vec<usize> = bits.into_iter().collect();
    let mut others = Vec::new();
    for bits in bits.chunks(AT_ONCE) {
        others.extend(not_refused(locked, &image, bits)?);
    }
    println!("{COUNT} flips, not refused by the firmware: {others:x?}");
    let parts = signed_parts(locked.chain.format, &image)?;
    others.retain(|(bit, _)| parts.iter().any(|part| part.contains(&(bit / 8))));
    ensure!(others.is_empty(), "in signed parts: {others:x?}");
    Ok(())
}

/// Those of `bits` that the firmware doesn't refuse to boot, if they are flipped.
fn not_refused(locked: &Locked, image: &[u8], bits: &[usize]) -> Result<Vec<(usize, Outcome)>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for (number, bit) in bits.iter().enumerate() {
        let mut flipped = image.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        files.push(locked.image.file(&format!("flipped{number}")));
        fs::write(&files[number], flipped)?;
    }
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    let start = locked.lock.start(&files)?;
    let report = locked
        .image
        .try_all(&start, files.len(), locked.lock.all_refused())?;
    let has = |text: &str| report.console.contains(text);
    if report.end == End::Expected && !has("KaaL: ") {
        return Ok(Vec::new());
    }
    match *bits {
        [bit] if has(PASS) => Ok(vec![(bit, Outcome::Booted)]),
        [bit] if has("KaaL: error: ") => Ok(vec![(bit, Outcome::RefusedByKaal)]),
        [bit] => Ok(vec![(bit, Outcome::Stuck)]),
        _ => {
            let (first, second) = bits.split_at(bits.len() / 2);
            let first = not_refused(locked, image, first)?;
            Ok([first, not_refused(locked, image, second)?].concat())
        }
    }
}
