// SPDX-License-Identifier: BSD-2-Clause

//! Programs of Debian's that run from a folder, with the libraries that the machine lacks.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use kaal_harness::tools::Relocation;

use super::apt::Apt;

/// Where a package has its programs.
const PROGRAMS: [&str; 2] = ["usr/bin", "usr/sbin"];

/// Unpacks `packages` to a folder in `tools`, and puts starters of the programs `names` into `tools/bin`.
pub(super) fn provide(
    tools: &Path,
    packages: &str,
    names: &[&str],
    variables: Relocation,
) -> Result<()> {
    let apt = Apt::of_machine(&tools.join("apt"))?;
    let scratch = tempfile::tempdir_in(tools)
        .with_context(|| format!("failed to write to {}", tools.display()))?;
    let whole = scratch.path().join("whole");
    apt.unpack(&apt.missing_for(packages)?, &whole)?;
    let folder = tools.join(packages.replace(' ', "+"));
    remove(&folder)?;
    fs::rename(&whole, &folder)
        .with_context(|| format!("failed to create {}", folder.display()))?;
    let mut environment = format!("LD_LIBRARY_PATH={}", quoted(&libraries(&folder)?));
    for (name, path) in variables {
        environment = format!("{environment} {name}={}", quoted(&folder.join(path)));
    }
    start(&folder, &tools.join("bin"), names, &environment)
}

fn remove(folder: &Path) -> Result<()> {
    match folder.exists() {
        true => fs::remove_dir_all(folder)
            .with_context(|| format!("failed to remove {}", folder.display())),
        false => Ok(()),
    }
}

/// Writes to `bin` how those programs of `folder` are started that `names` names.
fn start(folder: &Path, bin: &Path, names: &[&str], environment: &str) -> Result<()> {
    fs::create_dir_all(bin).with_context(|| format!("failed to create {}", bin.display()))?;
    for name in names {
        let mut files = PROGRAMS.iter().map(|place| folder.join(place).join(name));
        let Some(program) = files.find(|file| file.is_file()) else {
            continue;
        };
        let script = format!(
            "#!/bin/sh\n{environment} exec {} \"$@\"\n",
            quoted(&program)
        );
        let starter = bin.join(name);
        fs::write(&starter, script)
            .and_then(|()| fs::set_permissions(&starter, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("failed to write {}", starter.display()))?;
    }
    Ok(())
}

/// A path as one word of a shell's.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The folders of libraries in `folder`, as `LD_LIBRARY_PATH` takes them.
fn libraries(folder: &Path) -> Result<PathBuf> {
    let mut found = BTreeSet::new();
    collect_libraries(folder, &mut found)?;
    let found: Vec<_> = found.into_iter().map(PathBuf::into_os_string).collect();
    Ok(found.join(&OsString::from(":")).into())
}

/// Adds the folders below `folder` that hold a library. They have many names: packages keep their own apart.
fn collect_libraries(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A link may lead out of the folder.
        if entry.file_type()?.is_dir() {
            collect_libraries(&entry.path(), found)?;
        } else if name.starts_with("lib") && name.contains(".so") {
            found.insert(folder.to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use kaal_harness::process;

    use super::{libraries, quoted, start};

    #[test]
    fn a_starter_runs_the_program_with_its_libraries() -> anyhow::Result<()> {
        let tools = tempfile::tempdir()?;
        let folder = tools.path().join("what's unpacked");
        for library in ["lib/x86_64-linux-gnu/liba.so.1", "usr/lib/program/libb.so"] {
            let library = folder.join(library);
            fs::create_dir_all(library.parent().unwrap())?;
            fs::write(library, "")?;
        }
        fs::create_dir_all(folder.join("usr/bin"))?;
        let program = folder.join("usr/bin/program");
        fs::write(&program, "#!/bin/sh\necho \"$LD_LIBRARY_PATH $1\"\n")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;

        let bin = tools.path().join("bin");
        let libraries = libraries(&folder)?;
        let environment = format!("LD_LIBRARY_PATH={}", quoted(&libraries));
        start(&folder, &bin, &["program", "other"], &environment)?;
        let printed = process::read(Command::new(bin.join("program")).arg("a b"))?;
        assert_eq!(printed.trim_end(), format!("{} a b", libraries.display()));
        let expected = ["lib/x86_64-linux-gnu", "usr/lib/program"]
            .map(|place| folder.join(place).display().to_string());
        assert_eq!(libraries.display().to_string(), expected.join(":"));
        assert!(!bin.join("other").exists());
        Ok(())
    }
}
