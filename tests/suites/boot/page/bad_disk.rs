// SPDX-License-Identifier: BSD-2-Clause

//! A disk with sectors that can't be read, on a real kernel.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use kaal_harness::disk;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{fetch, get, retry};
use super::{files, shown};

/// The size of a sector, and of a file of which the last sector is bad, in bytes.
const SECTOR: usize = 512;
const SIZE: usize = 1 << 20;

/// The last word of that file.
const END: &[u8] = b"the last words of a large file..";

/// Files that are written between the others, so that no read for one of them meets the bad sectors of another.
const GAPS: [&str; 3] = ["a gap", "more gaps", "the gap"];
const GAP: usize = 256 << 10;

/// A file in a folder whose first sector is bad, and the first letters of its name.
const LOST: &str = "the last folder/lost file with a long name";
const LETTERS: &str = "lost ";

/// The file is cut short, files in the folder get status 500, both are counted, and all else is served.
pub(super) fn disturbs_nobody(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = TempDir::new()?;
    let disk = make_disk(scratch.path())?;
    let (_console, port) = files::boot_system(workspace, kernel, scratch.path(), disk)?;
    let before = retry(|| state(port))?;
    ensure!(retry(|| get(port, "/files/small"))? == "small", "no file");
    let cut = fetch(port, "/files/large").err().context("a whole file")?;
    ensure!(cut.to_string().starts_with("HTTP/1.1 200 "), "{cut:#}");
    let lost = format!("/files/{}", LOST.replace(' ', "%20"));
    let (head, _) = retry(|| fetch(port, &lost))?;
    ensure!(head.starts_with("HTTP/1.1 500 "), "{head}");
    ensure!(retry(|| get(port, "/files/small"))? == "small", "no file");
    let after = retry(|| {
        let after = state(port)?;
        let [before, failed] = [&before, &after].map(|it| it["web"]["failed"].as_u64());
        ensure!(failed >= before.map(|it| it + 2), "{:#}", after["web"]);
        Ok(after)
    })?;
    for name in ["disk", "http"] {
        let restarts = shown::component(&after, name).map(|it| &it["restarts"]);
        ensure!(restarts == Some(&json!(0)), "{name}: {restarts:?} restarts");
    }
    Ok(())
}

fn state(port: u16) -> Result<Value> {
    Ok(serde_json::from_str(&get(port, "/api/system.json")?)?)
}

/// Makes a disk in `scratch`. Returns its name for QEMU, with the sectors that QEMU doesn't read.
fn make_disk(scratch: &Path) -> Result<PathBuf> {
    let files = scratch.join("files");
    let lost = files.join(LOST);
    fs::create_dir_all(lost.parent().context("a folder")?)?;
    fs::write(lost, "lost")?;
    fs::write(files.join("small"), "small")?;
    for gap in GAPS {
        fs::write(files.join(gap), vec![0x5a; GAP])?;
    }
    let mut large = vec![0x5a; SIZE];
    large[SIZE - END.len()..].copy_from_slice(END);
    fs::write(files.join("large"), large)?;
    let image = scratch.join("disk.img");
    disk::write(&files, &image)?;

    let content = fs::read(&image)?;
    let letters: Vec<_> = LETTERS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bad = [END, &letters].map(|bytes| {
        let place = content.windows(bytes.len()).position(|it| it == bytes);
        place.map(|place| place / SECTOR)
    });
    let mut rules = String::new();
    for sector in bad {
        let sector = sector.context("not on the disk")?;
        rules += &format!(
            "[inject-error]\nevent = \"read_aio\"\nerrno = \"5\"\nsector = \"{sector}\"\n"
        );
    }
    let file = scratch.join("bad-sectors");
    fs::write(&file, rules)?;
    let disk = format!("blkdebug:{}:{}", file.display(), image.display());
    Ok(disk.into())
}
