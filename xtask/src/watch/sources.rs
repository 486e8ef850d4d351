// SPDX-License-Identifier: BSD-2-Clause

//! The watched files.

use std::path::{Path, PathBuf};

use notify::{Event, RecursiveMode};

/// Folders of sources.
const FOLDERS: [&str; 4] = ["builder", "elfloader", ROOT_TASK, "tests"];

/// The folder without sources of loader, probe kernels and builder.
const ROOT_TASK: &str = "root-task";

/// The folder with a folder for each component's package.
const COMPONENTS: &str = "root-task/components";

/// The watched files.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The checkout.
    pub(super) root: PathBuf,
    /// The user's own root task, and list of components.
    pub(super) files: Vec<PathBuf>,
    /// The folders of the user's own components.
    pub(super) packages: Vec<PathBuf>,
}

impl Sources {
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
        of_kaal.into_iter().chain(self.packages.iter().cloned())
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

    /// The package of the component that alone depends on `path`, among those of the checkout.
    pub(super) fn component<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let mut below = path.strip_prefix(self.root.join(COMPONENTS)).ok()?.iter();
        let (package, _file) = (below.next()?, below.next()?);
        package.to_str()
    }

    /// Whether `path` is in the user's own root task or system.
    fn are_of_user(&self, path: &Path) -> bool {
        self.files.iter().any(|file| file == path)
            || self.packages.iter().any(|folder| path.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Sources;

    #[test]
    fn editors_temporary_files_are_no_sources() {
        let sources = Sources {
            root: PathBuf::new(),
            files: vec![PathBuf::from("other/.task")],
            packages: vec![PathBuf::from("mine/greeter")],
        };
        let is_one = |path: &str| sources.contain(Path::new(path));
        assert!(is_one("builder/src/main.rs") && is_one("other/.task"));
        assert!(!is_one("builder/src/.main.rs.swp") && !is_one("builder/src/main.rs~"));
        assert!(!is_one("target/main.rs") && !is_one("other/task"));
        assert!(!is_one("root-task/target/debug/main.o"));
        assert!(is_one("mine/greeter/src/main.rs") && !is_one("mine/greeter/target/main.o"));
        assert!(!is_one("mine/notes") && !is_one("mine/greeter/.main.rs.swp"));
        let is_of_root_task = |path: &str| sources.are_of_root_task(Path::new(path));
        assert!(
            is_of_root_task("mine/greeter/src/main.rs") && !is_of_root_task("builder/src/a.rs")
        );
    }

    #[test]
    fn a_file_of_a_component_belongs_to_its_package() {
        let sources = Sources {
            root: PathBuf::from("/kaal"),
            files: Vec::new(),
            packages: Vec::new(),
        };
        let component = |path: &'static str| sources.component(Path::new(path));
        let file = "/kaal/root-task/components/hello/src/main.rs";
        assert_eq!(component(file), Some("hello"));
        assert_eq!(component("/kaal/root-task/components/hello"), None);
        assert_eq!(component("/kaal/root-task/component/src/lib.rs"), None);
        assert_eq!(component("/other/root-task/components/hello/a.rs"), None);
    }
}
