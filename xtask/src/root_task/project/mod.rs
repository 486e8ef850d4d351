// SPDX-License-Identifier: BSD-2-Clause

//! A system of the user's own: its list lies outside of the root task's folder, and its components are packages of the
//! Cargo workspace beside the list, or of KaaL.

mod build;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use kaal_harness::workspace::Workspace;
use kaal_manifest::{Component, List};

use super::FOLDER;
use crate::setup::TARGET;

/// The library of all components.
const LIBRARY: &str = "kaal-component";

/// The root task's program that tests the system. Its list is KaaL's.
const SELF_TEST: &str = "selftest";

/// A system of the user's own.
pub(crate) struct Project {
    /// The manifest of the workspace that should be beside the list.
    manifest: PathBuf,
    /// The workspace, if there is one.
    metadata: Option<Metadata>,
}

/// The packages of a list's components.
#[derive(Default)]
struct Packages<'a> {
    /// The user's, each with its program.
    own: Vec<(&'a Package, &'a str)>,
    /// KaaL's.
    of_kaal: Vec<&'a str>,
}

impl Project {
    /// The project of the list in `file`.
    pub(super) fn of(workspace: &Workspace, file: &Path) -> Result<Self> {
        let manifest = file.with_file_name("Cargo.toml");
        let metadata = manifest.is_file().then(|| read(workspace, &manifest));
        Ok(Self {
            metadata: metadata.transpose()?,
            manifest,
        })
    }

    /// The manifest and the packages of the project's workspace.
    pub(super) fn sources(&self) -> (&Path, Vec<super::Package>) {
        let packages = self.metadata.iter().flat_map(|metadata| {
            let packages = metadata.workspace_packages().into_iter();
            packages.filter_map(|package| {
                let programs = package.targets.iter().filter(|target| target.is_bin());
                let programs = programs.map(|target| target.name.clone());
                Some(super::Package {
                    name: package.name.to_string(),
                    folder: package.manifest_path.parent()?.to_owned().into(),
                    programs: match self.is_needed(package) {
                        true => Vec::new(),
                        false => programs.collect(),
                    },
                    target: metadata.target_directory.clone().into(),
                })
            })
        });
        (&self.manifest, packages.collect())
    }

    /// Whether other packages of the workspace depend on `package`.
    fn is_needed(&self, package: &Package) -> bool {
        let mut dependencies = self.packages().flat_map(|other| &other.dependencies);
        dependencies.any(|needed| needed.path.is_some() && package.name == needed.name)
    }

    /// Finds the package of each component: first in the project, then in KaaL, which has `of_kaal`.
    fn find<'a>(&'a self, list: &'a List, of_kaal: &'a [String]) -> Result<Packages<'a>> {
        let mut packages = Packages {
            of_kaal: vec![SELF_TEST],
            ..Packages::default()
        };
        for component in &list.components {
            let name = component.binary.get_ref().as_str();
            let own = self.programs().find(|(_, program)| *program == name);
            match own {
                Some(own) if name != SELF_TEST => packages.own.push(own),
                None if of_kaal.iter().any(|known| known == name) => packages.of_kaal.push(name),
                _ => return Err(self.unknown(list, component, of_kaal)),
            }
        }
        Ok(packages)
    }

    /// The error for a component that has no program.
    fn unknown(&self, list: &List, component: &Component, of_kaal: &[String]) -> anyhow::Error {
        let name = component.binary.get_ref();
        let manifest = self.manifest.display();
        let expected = match &self.metadata {
            _ if name == SELF_TEST => "a name other than that of KaaL's self-test".to_owned(),
            None => format!("a component of KaaL, or {manifest} with its package,"),
            Some(_) if self.packages().any(|package| package.name == *name) => {
                format!("src/main.rs in this package of {manifest}")
            }
            Some(_) => format!("a program of {manifest} or a component of KaaL"),
        };
        let own = self.programs().map(|(_, program)| program);
        let known = own.chain(of_kaal.iter().map(String::as_str));
        list.unknown_program(component, &expected, known.filter(|known| known != name))
            .into()
    }

    /// The workspace's packages.
    fn packages(&self) -> impl Iterator<Item = &Package> {
        self.metadata.iter().flat_map(Metadata::workspace_packages)
    }

    /// The workspace's programs, each with its package.
    fn programs(&self) -> impl Iterator<Item = (&Package, &str)> {
        self.packages().flat_map(|package| {
            let targets = package.targets.iter();
            let programs = targets.filter(|target| target.is_bin());
            programs.map(move |target| (package, target.name.as_str()))
        })
    }
}

/// Asks Cargo about the workspace, and checks that its components fit this root task.
fn read(workspace: &Workspace, manifest: &Path) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest);
    command.current_dir(manifest.parent().unwrap_or(manifest));
    command.other_options([format!("--filter-platform={TARGET}")]);
    let metadata = command
        .exec()
        .with_context(|| format!("failed to read {}", manifest.display()))?;
    let expected = workspace.root().join(FOLDER).join("component");
    for package in metadata.packages.iter().filter(|it| it.name == LIBRARY) {
        let found = package
            .manifest_path
            .parent()
            .context("a package has a folder")?;
        ensure!(
            found.canonicalize()? == expected.canonicalize()?,
            "{}: {LIBRARY} in {} expected, which fits this root task, found that in {found}; write `{LIBRARY} = {{ path \
             = {expected:?} }}`, or run the `cargo xtask` of the other one",
            manifest.display(),
            expected.display()
        );
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use kaal_harness::workspace::Workspace;
    use kaal_manifest::List;

    use super::Project;

    /// Makes a package with this source file.
    fn package(folder: &Path, name: &str, source: &str) {
        let folder = folder.join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!("[package]\nname = {name:?}\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src").join(source), "").unwrap();
    }

    /// The programs of the user's and of KaaL's packages for a component, or the mistake.
    fn find(project: &Project, binary: &str) -> Result<[Vec<String>; 2], String> {
        let text = format!(
            "[[component]]\nname = \"a\"\nbinary = {binary:?}\npriority = 1\nmemory = 1\nslots = 1\n"
        );
        let list = List::read("list", &text).unwrap();
        let of_kaal = ["hello", "serial"].map(str::to_owned);
        let found = project.find(&list, &of_kaal);
        let found = found.map_err(|error| error.to_string())?;
        let own = found.own.iter().map(|(_, program)| (*program).to_owned());
        let of_kaal = found.of_kaal.iter().map(|name| (*name).to_owned());
        Ok([own.collect(), of_kaal.collect()])
    }

    #[test]
    fn programs_of_the_project_come_first() {
        let folder = tempfile::tempdir().unwrap();
        for (name, source) in [
            ("hello", "main.rs"),
            ("greeting", "lib.rs"),
            ("selftest", "main.rs"),
        ] {
            package(folder.path(), name, source);
        }
        let manifest = folder.path().join("Cargo.toml");
        fs::write(&manifest, "[workspace]\nmembers = [\"*\"]\n").unwrap();
        let workspace = Workspace::at(folder.path().to_owned());
        let project = Project::of(&workspace, &folder.path().join("list")).unwrap();
        let both = |own: &[&str], of_kaal: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            Ok([names(own), names(of_kaal)])
        };
        assert_eq!(find(&project, "hello"), both(&["hello"], &["selftest"]));
        assert_eq!(find(&project, "serial"), both(&[], &["selftest", "serial"]));
        let manifest = manifest.display();
        for (binary, expected) in [
            (
                "helo",
                format!(
                    "a program of {manifest} or a component of KaaL expected; did you mean \"hello\"?"
                ),
            ),
            (
                "greeting",
                format!("src/main.rs in this package of {manifest} expected"),
            ),
            (
                "selftest",
                "a name other than that of KaaL's self-test expected".to_owned(),
            ),
        ] {
            let mistake = format!("list:3: binary = {binary:?}: {expected}");
            assert_eq!(find(&project, binary), Err(mistake));
        }
    }

    #[test]
    fn without_a_workspace_all_programs_are_those_of_kaal() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path().to_owned());
        let project = Project::of(&workspace, &folder.path().join("list")).unwrap();
        assert!(find(&project, "serial").is_ok());
        let mistake = find(&project, "greeter").unwrap_err();
        assert!(
            mistake.contains("Cargo.toml with its package, expected"),
            "{mistake}"
        );
    }
}
