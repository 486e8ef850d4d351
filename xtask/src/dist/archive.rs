// SPDX-License-Identifier: BSD-2-Clause

//! Writes archives whose bytes depend only on their files.

use std::io;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use fs_err as fs;
use sha2::{Digest, Sha256};
use tar::{Builder, Header};

use super::tree::Files;

/// The file with the checksums of all archives, in the format of `sha256sum`.
const SUMS: &str = "SHA256SUMS";

/// The folder of an archive's programs for the host.
pub(super) const PROGRAMS: &str = "bin";

/// The name of an archive for the target `triple`, and of its only folder.
pub(super) fn name(triple: &str) -> String {
    format!("kaal-{}-{triple}", env!("CARGO_PKG_VERSION"))
}

/// The file name of the archive `name`.
pub(super) fn file_name(name: &str) -> String {
    format!("{name}.tar.gz")
}

/// Writes all archives and their checksums to the new folder `to`. Their files get the time `modified`.
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

/// An archive of `files` in the folder `name`.
fn archive(name: &str, files: &Files, modified: u64) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = Builder::new(gzip);
    for (path, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(if path.starts_with(PROGRAMS) {
            0o755
        } else {
            0o644
        });
        // The owner is root, as on every machine.
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(modified);
        tar.append_data(&mut header, Path::new(name).join(path), &content[..])?;
    }
    tar.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::{archive, write_all};
    use crate::dist::tree::Files;

    fn files() -> Files {
        let long = format!("licenses/{}", "long".repeat(40));
        Files::from([
            ("README.md".into(), "text".into()),
            ("bin/program".into(), "code".into()),
            (long.into(), "license".into()),
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
