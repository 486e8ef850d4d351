// SPDX-License-Identifier: BSD-2-Clause

//! Writes archives that depend on their files alone, not on who writes them, when or where.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use tar::{Builder, Header};

use super::platform::Platform;
use super::tree::{File, Files};

/// The checksums of all archives, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";

/// The name of an archive, and of the one folder in it.
pub(super) fn name(platform: Platform) -> String {
    format!("kaal-{}-{}", env!("CARGO_PKG_VERSION"), platform.triple)
}

/// The archive's name as a file.
pub(super) fn file_name(name: &str) -> String {
    format!("{name}.tar.gz")
}

/// Writes each archive, and the checksums of all, to the new folder `to`.
pub(super) fn write_all(to: &Path, archives: &[(String, Files)], modified: u64) -> io::Result<()> {
    fs::create_dir(to)?;
    let mut sums = String::new();
    for (name, files) in archives {
        let archive = archive(name, files, modified)?;
        let file = file_name(name);
        let hash = Sha256::digest(&archive);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        sums.push_str(&format!("{hash}  {file}\n"));
        fs::write(to.join(file), archive)?;
    }
    fs::write(to.join(SUMS), sums)
}

/// An archive of `files` in the folder `name`, each last changed at `modified`.
fn archive(name: &str, files: &Files, modified: u64) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    for (path, file) in files {
        let mut header = header(file, modified);
        tar.append_data(&mut header, format!("{name}/{path}"), &file.content[..])?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

/// A file's header, with an owner that every machine has.
fn header(file: &File, modified: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(file.content.len() as u64);
    header.set_mode(if file.is_program { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(modified);
    header
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::{archive, write_all};
    use crate::dist::tree::{File, Files};

    fn files() -> Files {
        let long = format!("licenses/{}", "long".repeat(40));
        Files::from([
            ("README.md".to_owned(), "text".into()),
            ("bin/program".to_owned(), File::program(b"code".to_vec())),
            (long, "license".into()),
        ])
    }

    #[test]
    fn archives_hold_their_files_in_order() -> anyhow::Result<()> {
        let archive = archive("kaal", &files(), 1_700_000_000)?;
        let mut archive = Archive::new(GzDecoder::new(&archive[..]));
        let mut found = Vec::new();
        for entry in archive.entries()? {
            let mut entry = entry?;
            let mut content = String::new();
            entry.read_to_string(&mut content)?;
            let header = entry.header();
            assert_eq!(header.mtime()?, 1_700_000_000);
            assert_eq!((header.uid()?, header.gid()?), (0, 0));
            let path = entry.path()?.display().to_string();
            found.push((path, header.mode()?, content));
        }
        let long = format!("kaal/licenses/{}", "long".repeat(40));
        let expected = [
            ("kaal/README.md", 0o644, "text"),
            ("kaal/bin/program", 0o755, "code"),
            (&*long, 0o644, "license"),
        ];
        let expected =
            expected.map(|(path, mode, content)| (path.to_owned(), mode, content.to_owned()));
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn the_same_files_make_the_same_bytes() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        let archives = [("kaal".to_owned(), files())];
        write_all(&one, &archives, 0)?;
        write_all(&other, &archives, 0)?;
        for name in ["kaal.tar.gz", "SHA256SUMS"] {
            assert!(fs::read(one.join(name))? == fs::read(other.join(name))?);
        }
        let sums = fs::read_to_string(one.join("SHA256SUMS"))?;
        assert_eq!(sums.lines().count(), 1);
        assert!(sums.ends_with("  kaal.tar.gz\n"), "{sums}");
        Ok(())
    }
}
