// SPDX-License-Identifier: BSD-2-Clause

//! Builds everything twice, as on two machines, and compares the images byte for byte.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use kaal_tests::process;
use kaal_tests::workspace::Workspace;

/// Variables that say where Cargo and the toolchains are, with their folders under the home folder:
/// a build with another home folder is to use the same ones.
const TOOLS: [(&str, &str); 2] = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];

/// What differs from one build to the other.
struct Surroundings {
    /// Where the sources lie, below a temporary folder.
    folder: &'static str,
    umask: &'static str,
    environment: [(&'static str, &'static str); 5],
    /// Whether the files are written in descending order of their names.
    descending: bool,
    /// Seconds since 1970 that all files were changed at.
    modified: u64,
}

const BUILDS: [Surroundings; 2] = [
    Surroundings {
        folder: "a",
        umask: "022",
        environment: [
            ("USER", "alice"),
            ("LOGNAME", "alice"),
            ("LC_ALL", "C"),
            ("TZ", "UTC0"),
            ("SOURCE_DATE_EPOCH", "0"),
        ],
        descending: false,
        modified: 1_000_000_000,
    },
    Surroundings {
        folder: "another folder/of a longer name",
        umask: "077",
        environment: [
            ("USER", "bob"),
            ("LOGNAME", "bob"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "XYZ-13:37"),
            ("SOURCE_DATE_EPOCH", "2000000000"),
        ],
        descending: true,
        modified: 1_500_000_000,
    },
];

/// Builds the checkout twice and fails where the images differ or name a folder of the build.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let files = source_files(workspace.root())?;
    let mut images = Vec::new();
    for surroundings in &BUILDS {
        let root = scratch.path().join(surroundings.folder);
        surroundings.copy(workspace.root(), &root, &files)?;
        let home = root.join("home");
        fs::create_dir(&home)?;
        process::run(&mut surroundings.build(&root, &home))?;
        let image = Workspace::at(root).default_image();
        images
            .push(fs::read(&image).with_context(|| format!("failed to read {}", image.display()))?);
    }
    let [first, second] = images.as_slice() else {
        bail!("two images expected, found {}", images.len());
    };
    if let Some(difference) = difference(first, second) {
        bail!("the images differ: {difference}");
    }
    let folder = scratch.path().as_os_str().as_encoded_bytes();
    if contains(first, folder) {
        bail!(
            "the image names the folder that it was built in: {}",
            scratch.path().display()
        );
    }
    println!("two builds gave the same image of {} bytes", first.len());
    Ok(())
}

/// The files that Git counts as the project's, changes that aren't committed included.
fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut command = Command::new("git");
    command.current_dir(root);
    command.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let names = process::read(&mut command).context("failed to list the project's files")?;
    let mut files: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|file| root.join(file).is_file())
        .collect();
    files.sort();
    Ok(files)
}

impl Surroundings {
    fn copy(&self, from: &Path, to: &Path, files: &[PathBuf]) -> Result<()> {
        let mut files: Vec<_> = files.iter().collect();
        if self.descending {
            files.reverse();
        }
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(self.modified);
        for file in files {
            let (from, to) = (from.join(file), to.join(file));
            copy_file(&from, &to, modified)
                .with_context(|| format!("failed to copy {}", from.display()))?;
        }
        Ok(())
    }

    /// The command that builds the sources at `root` like a user who has just cloned them.
    fn build(&self, root: &Path, home: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", self.umask]);
        command.args(["cargo", "xtask", "build"]);
        command
            .current_dir(root)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .env("HOME", home)
            .envs(self.environment);
        // What this process was started with would decide in the place of the copy's own settings.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG") || text == "CARGO_MANIFEST_DIR" {
                command.env_remove(name);
            }
        }
        for (variable, folder) in TOOLS {
            if env::var_os(variable).is_none()
                && let Some(home) = env::home_dir()
            {
                command.env(variable, home.join(folder));
            }
        }
        command
    }
}

fn copy_file(from: &Path, to: &Path, modified: SystemTime) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)?;
    fs::File::options()
        .write(true)
        .open(to)?
        .set_modified(modified)?;
    Ok(())
}

/// The first difference between two images, in words.
fn difference(first: &[u8], second: &[u8]) -> Option<String> {
    let place = first
        .iter()
        .zip(second)
        .position(|(one, other)| one != other);
    match place {
        Some(offset) => Some(format!(
            "{:#04x} and {:#04x} at offset {offset:#x}",
            first[offset], second[offset]
        )),
        None if first.len() != second.len() => Some(format!(
            "{} and {} bytes, the same as far as both go",
            first.len(),
            second.len()
        )),
        None => None,
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::{contains, difference};

    #[test]
    fn the_same_images_do_not_differ() {
        assert_eq!(difference(b"image", b"image"), None);
    }

    #[test]
    fn the_first_difference_is_named() {
        let text = difference(b"image", b"imAgE");
        assert_eq!(text.as_deref(), Some("0x61 and 0x41 at offset 0x2"));
    }

    #[test]
    fn a_longer_image_differs() {
        let text = difference(b"image", b"images");
        assert_eq!(
            text.as_deref(),
            Some("5 and 6 bytes, the same as far as both go")
        );
    }

    #[test]
    fn folders_are_found_in_images() {
        assert!(contains(b"\0/tmp/kaal/a\0", b"/tmp/kaal"));
        assert!(!contains(b"\0/tmp/kaa", b"/tmp/kaal"));
    }
}
