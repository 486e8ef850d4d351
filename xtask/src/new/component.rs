// SPDX-License-Identifier: BSD-2-Clause

//! Makes a component of KaaL's root task.

use std::path::Path;

use anyhow::{Result, ensure};
use clap::Args;
use fs_err as fs;
use kaal_harness::workspace::Workspace;
use kaal_manifest::List;

/// The folder of all components.
const COMPONENTS: &str = "root-task/components";

/// The list of the components that the root task starts.
const SYSTEM: &str = "root-task/task/system.toml";

/// The name in the templates.
const TEMPLATE_NAME: &str = "greeter";

/// The files of a component, by their paths in its folder.
const FILES: [(&str, &str); 2] = [
    ("Cargo.toml", include_str!("template/package.toml")),
    ("src/main.rs", include_str!("template/main.rs")),
];

/// The entry of a component in [`SYSTEM`].
const ENTRY: &str = include_str!("template/system.toml");

/// Names of folders that Cargo makes beside the programs (cargo, `is_conflicting_artifact_name`).
const OF_CARGO: [&str; 4] = ["build", "deps", "examples", "incremental"];

#[derive(Args)]
pub(crate) struct Options {
    /// Name of the component and of its package: lower-case letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
}

/// Accepts names that Cargo accepts for packages and programs.
fn name(text: &str) -> Result<String, String> {
    let mut letters = text.chars();
    let starts_well = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_lowercase());
    let is_allowed =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    match starts_well && letters.all(is_allowed) {
        true if OF_CARGO.contains(&text) => Err("Cargo uses this name".to_owned()),
        true if text.starts_with("kaal-") => Err("`kaal-` is for KaaL's own packages".to_owned()),
        true => Ok(text.to_owned()),
        false => {
            Err("a letter expected, then letters, digits and hyphens, all lower-case".to_owned())
        }
    }
}

/// Writes the component's files and adds it to the list, or changes nothing.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let name = &options.name;
    let folder = Path::new(COMPONENTS).join(name);
    let full_folder = workspace.root().join(&folder);
    ensure!(
        !full_folder.exists(),
        "{} exists: choose another name, or remove the folder",
        folder.display()
    );
    let system = workspace.root().join(SYSTEM);
    let old = fs::read_to_string(&system)?;
    let new = old.clone() + &ENTRY.replace(TEMPLATE_NAME, name);
    // Refuses a name that is taken.
    List::read(SYSTEM, &old).and_then(|_| List::read(SYSTEM, &new))?;
    let made = FILES.iter().try_for_each(|(path, text)| {
        let file = full_folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&full_folder))?;
        fs::write(file, text.replace(TEMPLATE_NAME, name))
    });
    if let Err(error) = made.and_then(|()| fs::write(&system, new)) {
        // The first error is the one to report.
        let _ = fs::remove_dir_all(&full_folder);
        let _ = fs::write(&system, old);
        return Err(error.into());
    }
    for (path, _) in FILES {
        println!("made {}", folder.join(path).display());
    }
    println!("added {name:?} to {SYSTEM}");
    println!("boot it: SEL4_PREFIX=FOLDER cargo xtask qemu --only {name}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kaal_harness::workspace::Workspace;
    use kaal_manifest::List;

    use super::{COMPONENTS, Options, SYSTEM, name, run};

    const OLD: &str = "[[component]]\nname = \"serial\"\nbinary = \"serial\"\npriority = 200\nmemory = 1\nslots = 1\n\
                       provides = [\"serial\"]\n";

    fn make(workspace: &Workspace, name: &str) -> Result<(), String> {
        let name = name.to_owned();
        run(workspace, &Options { name }).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_component_is_made_once() {
        let scratch = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(scratch.path().to_owned());
        let read = |path: &str| fs::read_to_string(scratch.path().join(path)).unwrap();
        fs::create_dir_all(scratch.path().join(SYSTEM).parent().unwrap()).unwrap();
        fs::write(scratch.path().join(SYSTEM), OLD).unwrap();

        make(&workspace, "my-own").unwrap();
        assert!(read("root-task/components/my-own/Cargo.toml").contains("\nname = \"my-own\"\n"));
        assert!(read("root-task/components/my-own/src/main.rs").contains("\"I have {}"));
        let system = read(SYSTEM);
        assert!(system.starts_with(OLD));
        let list = List::read(SYSTEM, &system).unwrap();
        assert_eq!(list.components[1].binary.get_ref(), "my-own");

        let again = make(&workspace, "my-own").unwrap_err();
        assert!(
            again.starts_with("root-task/components/my-own exists: "),
            "{again}"
        );
        let taken = make(&workspace, "serial").unwrap_err();
        assert!(
            taken.ends_with("\"serial\" is the name of the component in line 2"),
            "{taken}"
        );
        assert!(!scratch.path().join(COMPONENTS).join("serial").exists());
        assert_eq!(read(SYSTEM), system);
    }

    #[test]
    fn names_that_cargo_refuses_are_refused() {
        for bad in [
            "",
            "1a",
            "A",
            "a b",
            "a/b",
            "../a",
            "ä",
            "build",
            "kaal-root-task",
        ] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(name("a-1"), Ok("a-1".to_owned()));
    }
}
