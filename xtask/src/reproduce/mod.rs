// SPDX-License-Identifier: BSD-2-Clause

//! Builds everything twice, as on two machines, and compares all that comes of it, byte for byte.

mod outputs;
mod surroundings;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use outputs::{Keys, Outputs};
use surroundings::BUILDS;

/// Builds the checkout twice and fails where two files differ or name a folder of the build.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let kernel = Kernel::from_environment()?;
    let scratch = tempfile::tempdir()?;
    let copies = BUILDS
        .iter()
        .map(|surroundings| surroundings.copy(workspace, scratch.path()))
        .collect::<Result<Vec<_>>>()?;
    for (surroundings, copy) in BUILDS.iter().zip(&copies) {
        surroundings.build(copy)?;
        if kernel.is_some() {
            surroundings.build_root_task(copy, scratch.path())?;
        }
    }
    let [first, second] = copies.as_slice() else {
        bail!("two builds expected, found {}", copies.len());
    };
    let keys = Keys::new(first, scratch.path())?;
    let outputs = |(surroundings, copy)| {
        let mut outputs = Outputs::of_build(copy, surroundings, &keys)?;
        if let Some(kernel) = &kernel {
            outputs.add_system(copy, surroundings, kernel)?;
        }
        anyhow::Ok(outputs)
    };
    let [left, right] = [(&BUILDS[0], first), (&BUILDS[1], second)].map(outputs);
    let (left, right) = (left?, right?);

    let mut failures = 0;
    for (one, other) in left.files().iter().zip(right.files()) {
        failures += usize::from(!compare(first, one, other, scratch.path())?);
    }
    if failures > 0 {
        bail!("{failures} of {} files differ", left.files().len());
    }
    println!("two builds gave the same {} files", left.files().len());
    Ok(())
}

/// Whether the files `one` and `other` are the same and name nothing in `folder`; what is wrong is
/// printed.
fn compare(workspace: &Workspace, one: &Path, other: &Path, folder: &Path) -> Result<bool> {
    let name = one.file_name().unwrap_or_default().to_string_lossy();
    let [first, second] = [one, other]
        .map(|file| fs::read(file).with_context(|| format!("failed to read {}", file.display())));
    let (first, second) = (first?, second?);
    if first != second {
        println!("differ     {name}");
        explain(workspace, one, other)?;
        return Ok(false);
    }
    if contains(&first, folder.as_os_str().as_encoded_bytes()) {
        println!(
            "named      {name} names the folder that it was built in: {}",
            folder.display()
        );
        return Ok(false);
    }
    println!("same       {name}, {} bytes", first.len());
    Ok(true)
}

/// Says in what two files differ: of images and programs, the builder of `workspace` does.
fn explain(workspace: &Workspace, one: &Path, other: &Path) -> Result<()> {
    if one.extension().is_some_and(|extension| extension == "json") {
        let (one, other) = (fs::read_to_string(one)?, fs::read_to_string(other)?);
        let mut lines = one.lines().zip(other.lines());
        if let Some((one, other)) = lines.find(|(one, other)| one != other) {
            println!("  {}\n  {}", one.trim(), other.trim());
        }
        return Ok(());
    }
    let mut command = Command::new(workspace.builder());
    command.arg("diff").args([one, other]);
    let status = command.status();
    status.context("failed to start the builder's `diff`")?;
    Ok(())
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
