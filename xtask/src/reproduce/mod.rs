// SPDX-License-Identifier: BSD-2-Clause

//! Builds everything twice, as on two machines, and compares the results byte for byte.

mod outputs;
mod surroundings;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use kaal_harness::image;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use surroundings::BUILDS;

/// Builds the checkout twice. Fails if two files differ or name a folder of the build.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    let scratch = tempfile::tempdir()?;
    let scratch = scratch.path();
    let copies = BUILDS.iter().map(|build| build.copy(workspace, scratch));
    let copies: Vec<_> = copies.collect::<Result<_>>()?;
    for (surroundings, copy) in BUILDS.iter().zip(&copies) {
        surroundings.build(copy)?;
        if kernel.is_some() {
            surroundings.build_root_task(copy, scratch)?;
        }
    }
    let builder = &copies[0];
    let keys = image::make_keys(builder, scratch)?;
    let kernel = kernel.as_ref();
    let mut outputs = Vec::new();
    for (surroundings, copy) in BUILDS.iter().zip(&copies) {
        outputs.push(outputs::collect(copy, surroundings, &keys, kernel)?);
    }

    let mut failures = 0;
    for (one, other) in outputs[0].iter().zip(&outputs[1]) {
        failures += usize::from(!compare(builder, one, other, scratch)?);
    }
    let count = outputs[0].len();
    if failures > 0 {
        bail!("{failures} of {count} files differ or name a folder");
    }
    println!("two builds gave the same {count} files");
    Ok(())
}

/// Whether two files are equal and don't name `folder`. If not, prints the difference.
fn compare(workspace: &Workspace, one: &Path, other: &Path, folder: &Path) -> Result<bool> {
    let name = one.file_name().unwrap_or_default().to_string_lossy();
    let content = fs::read(one)?;
    if content != fs::read(other)? {
        println!("differ     {name}");
        explain(workspace, one, other)?;
        return Ok(false);
    }
    if contains(&content, folder.as_os_str().as_encoded_bytes()) {
        let folder = folder.display();
        println!("named      {name} names the folder in which it was built: {folder}");
        return Ok(false);
    }
    println!("same       {name}, {} bytes", content.len());
    Ok(true)
}

/// Prints how two files differ. The builder of `workspace` compares images and programs.
fn explain(workspace: &Workspace, one: &Path, other: &Path) -> Result<()> {
    if one.extension().is_some_and(|extension| extension == "json") {
        let (one, other) = (fs::read_to_string(one)?, fs::read_to_string(other)?);
        let mut lines = one.lines().zip(other.lines());
        if let Some((one, other)) = lines.find(|(one, other)| one != other) {
            println!("  {}\n  {}", one.trim(), other.trim());
        }
        return Ok(());
    }
    // It fails, because the files differ.
    let mut diff = Command::new(workspace.builder());
    let status = diff.arg("diff").args([one, other]).status();
    status.map(drop).context("failed to start the builder")
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use kaal_harness::workspace::Workspace;

    use super::{compare, contains};

    #[test]
    fn folders_are_found_in_files() {
        assert!(contains(b"\0/tmp/kaal/a\0", b"/tmp/kaal"));
        assert!(!contains(b"\0/tmp/kaa", b"/tmp/kaal"));
    }

    #[test]
    fn the_same_files_may_not_name_the_folder() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file");
        fs::write(&file, "at /tmp/kaal/a")?;
        let workspace = Workspace::at(folder.path().to_owned());
        assert!(compare(&workspace, &file, &file, Path::new("/tmp/else"))?);
        assert!(!compare(&workspace, &file, &file, Path::new("/tmp/kaal"))?);
        Ok(())
    }

    #[test]
    fn a_difference_is_one() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let [one, other] = ["one.json", "other.json"].map(|name| folder.path().join(name));
        fs::write(&one, "{\n  \"size\": 1\n}\n")?;
        fs::write(&other, "{\n  \"size\": 2\n}\n")?;
        let workspace = Workspace::at(folder.path().to_owned());
        assert!(!compare(&workspace, &one, &other, Path::new("/tmp/kaal"))?);
        Ok(())
    }
}
