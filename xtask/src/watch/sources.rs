// SPDX-License-Identifier: BSD-2-Clause

//! The watched files.

use std::path::{self, Path, PathBuf};

use anyhow::Result;
use kaal_harness::workspace::Workspace;
use notify::{Event, RecursiveMode};

use crate::qemu::{Options, Project};
use crate::root_task::Package;

/// Folders of sources.
const FOLDERS: [&str; 4] = ["builder", "elfloader", ROOT_TASK, "tests"];

/// The folder without sources of loader, probe kernels and builder.
const ROOT_TASK: &str = "root-task";

/// The watched files.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The checkout.
    pub(super) root: PathBuf,
    /// The user's own root task, or list of components and manifest of their workspace.
    files: Vec<PathBuf>,
    /// The packages of components, and the user's other ones.
    packages: Vec<Package>,
}

impl Sources {
    /// Finds the sources of what `options` boot.
    pub(super) fn find(workspace: &Workspace, options: &Options) -> Result<Self> {
        let (mut files, packages) = options.selection.sources(workspace)?;
        let app = Project::read(workspace)?.app(options);
        files.extend(app.map(path::absolute).transpose()?);
        Ok(Self {
            root: workspace.root().to_owned(),
            files,
            packages,
        })
    }

    /// The folders to watch.
    pub(super) fn folders(&self) -> impl Iterator<Item = (PathBuf, RecursiveMode)> {
        let trees = self
            .trees()
            .map(|folder| (folder, RecursiveMode::Recursive));
        // Linkers and editors replace a file by a new one, so its folder is watched.
        let folders = self.files.iter().filter_map(|file| file.parent());
        trees.chain(folders.map(|folder| (folder.to_owned(), RecursiveMode::NonRecursive)))
    }

    /// The folders with sources, directly or not.
    fn trees(&self) -> impl Iterator<Item = PathBuf> {
        let of_kaal = FOLDERS.map(|folder| self.root.join(folder));
        of_kaal.into_iter().chain(self.own_folders().cloned())
    }

    /// Whether `event` changed the content or the name of a source.
    pub(super) fn are_changed_by(&self, event: &Event) -> bool {
        let kind = event.kind;
        (kind.is_modify() || kind.is_create() || kind.is_remove())
            && event.paths.iter().any(|path| self.contain(path))
    }

    /// Whether `path` may be a source: not hidden, not an editor's backup, not built by Cargo.
    fn contain(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_below = |tree: PathBuf| {
            let below = path.strip_prefix(tree);
            below.is_ok_and(|path| path.iter().all(|folder| folder != "target"))
        };
        self.files.iter().any(|file| file == path)
            || !name.starts_with('.') && !name.ends_with('~') && self.trees().any(is_below)
    }

    /// Whether loader, probe kernels and builder don't depend on `path`.
    pub(super) fn are_of_root_task(&self, path: &Path) -> bool {
        self.are_of_user(path) || path.starts_with(self.root.join(ROOT_TASK))
    }

    /// The package whose programs alone depend on `path`.
    pub(super) fn package(&self, path: &Path) -> Option<&Package> {
        let around = self.packages.iter().filter(|package| {
            let below = path.strip_prefix(&package.folder);
            below.is_ok_and(|below| below != Path::new(""))
        });
        // A workspace's package may lie around the others.
        let innermost = around.max_by_key(|package| package.folder.as_os_str().len());
        innermost.filter(|package| !package.programs.is_empty())
    }

    /// The folders of the user's own packages.
    fn own_folders(&self) -> impl Iterator<Item = &PathBuf> {
        let of_kaal = self.root.join(ROOT_TASK);
        let folders = self.packages.iter().map(|package| &package.folder);
        folders.filter(move |folder| !folder.starts_with(&of_kaal))
    }

    /// Whether `path` is in the user's own root task or system.
    fn are_of_user(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file == path)
            || self.own_folders().any(|folder| path.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Sources;
    use crate::root_task::Package;

    /// Sources with packages in these folders, each with programs of these names.
    fn sources(packages: &[(&str, &[&str])]) -> Sources {
        let packages = packages.iter().map(|(folder, programs)| Package {
            name: (*folder).to_owned(),
            folder: folder.into(),
            programs: programs.iter().map(|&name| name.to_owned()).collect(),
            target: PathBuf::new(),
        });
        Sources {
            root: PathBuf::from("/kaal"),
            files: vec![PathBuf::from("other/.task")],
            packages: packages.collect(),
        }
    }

    #[test]
    fn editors_temporary_files_are_no_sources() {
        let sources = sources(&[("mine/greeter", &["greeter"])]);
        let is_one = |path: &str| sources.contain(Path::new(path));
        assert!(is_one("/kaal/builder/src/main.rs") && is_one("other/.task"));
        assert!(!is_one("/kaal/builder/src/.main.rs.swp") && !is_one("/kaal/builder/src/main.rs~"));
        assert!(!is_one("/kaal/target/main.rs") && !is_one("other/task"));
        assert!(!is_one("/kaal/root-task/target/debug/main.o"));
        assert!(is_one("mine/greeter/src/main.rs") && !is_one("mine/greeter/target/main.o"));
        assert!(!is_one("mine/notes") && !is_one("mine/greeter/.main.rs.swp"));
        let is_of_root_task = |path: &str| sources.are_of_root_task(Path::new(path));
        assert!(is_of_root_task("mine/greeter/src/main.rs"));
        assert!(!is_of_root_task("/kaal/builder/src/a.rs"));
    }

    #[test]
    fn a_file_belongs_to_the_innermost_package_with_programs() {
        let sources = sources(&[
            ("/kaal/root-task/components/hello", &["hello"]),
            ("/mine", &["mine"]),
            ("/mine/greeter", &["one", "other"]),
            ("/mine/greeting", &[]),
        ]);
        for (path, expected) in [
            (
                "/kaal/root-task/components/hello/src/main.rs",
                &["hello"][..],
            ),
            ("/kaal/root-task/components/hello", &[]),
            ("/kaal/root-task/component/src/lib.rs", &[]),
            ("/mine/src/main.rs", &["mine"]),
            ("/mine/greeter/src/main.rs", &["one", "other"]),
            ("/mine/greeting/src/lib.rs", &[]),
            ("/other/root-task/components/hello/a.rs", &[]),
        ] {
            let package = sources.package(Path::new(path));
            let programs = package.map_or(&[][..], |package| &package.programs);
            assert_eq!(programs, expected, "{path}");
        }
    }
}
