// SPDX-License-Identifier: BSD-2-Clause

//! Chooses the components that the root task starts.

use std::env;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use kaal_devicetree::DeviceTree;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use kaal_manifest::{List, Purpose, folder_for};

use super::package::Package;
use super::project::Project;

/// The folder of the root task's package.
const FOLDER: &str = "root-task/task";

/// The list of a project, in the current folder.
const OF_PROJECT: &str = "system.toml";

/// The variables that tell the choice to the root task's build script.
const SYSTEM: &str = "KAAL_SYSTEM";
const ONLY: &str = "KAAL_ONLY";

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// List of the components that KaaL's root task starts; Cargo packages beside it may be components [default: the
    /// project's system.toml, or the checkout's root-task/task/system.toml, or root-task/task/board/system.toml for
    /// machines other than QEMU's virt]
    #[arg(long, value_name = "FILE", default_value = of_project(), hide_default_value = true)]
    system: Option<PathBuf>,
    /// Start only these components and those that they need; separate names by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Let programs of components be replaced in the running system, as `watch` does; not to ship
    #[arg(long)]
    pub(crate) development: bool,
}

impl Selection {
    /// All components of the list in `file`.
    pub(crate) fn of(file: PathBuf) -> Self {
        Self {
            system: Some(file),
            ..Self::default()
        }
    }

    /// The lists that boot tests need: components that fail, request what they may not have, restart
    /// for ever, or are replaced. The default comes last.
    pub(crate) fn for_tests(workspace: &Workspace, kernel: &Kernel) -> Result<Vec<Self>> {
        let mut lists = match kernel.board()?.is_virt() {
            true => vec![
                ("hostile.toml", false),
                ("endurance.toml", false),
                ("budget.toml", false),
                ("network.toml", false),
                ("timer.toml", false),
                ("disk.toml", false),
                ("counting.toml", true),
                ("page.toml", false),
            ],
            false => vec![("board/hostile.toml", false)],
        };
        if kernel.board()?.is_virt() {
            lists.extend((kernel.cores() > 1).then_some(("cores.toml", false)));
            lists.extend(kernel.is_mcs().then_some(("passive.toml", false)));
        }
        let folder = workspace.root().join(FOLDER);
        let selections = lists.iter().map(|&(list, development)| Self {
            system: Some(folder.join(list)),
            development,
            ..Self::default()
        });
        Ok(selections.chain([Self::default()]).collect())
    }

    /// Whether the user chose nothing.
    pub(crate) fn is_default(&self) -> bool {
        self.system.is_none() && self.only.is_empty()
    }

    pub(super) fn purpose(&self) -> Purpose {
        match self.development {
            true => Purpose::Development,
            false => Purpose::Production,
        }
    }

    /// Reads the list, and checks it against the kernel's machine.
    pub(crate) fn read(&self, workspace: &Workspace, kernel: &Kernel) -> Result<List> {
        let blob = fs::read(kernel.prefix().join("support/kernel.dtb"))?;
        let tree = DeviceTree::parse(&blob).context("failed to read the kernel's device tree")?;
        let default = Path::new(FOLDER)
            .join(folder_for(&tree))
            .join("system.toml");
        let (file, shown) = match &self.system {
            Some(file) => (file.clone(), file),
            None => (workspace.root().join(&default), &default),
        };
        let shown = shown.to_string_lossy();
        let list = List::open(&file, &shown, &tree, &self.only, self.purpose())?;
        list.check_cores(kernel.cores())?;
        Ok(list)
    }

    /// The user's project with the list, unless the list is KaaL's.
    pub(super) fn project(&self, workspace: &Workspace) -> Result<Option<Project>> {
        let list = self.list_of_project(workspace);
        list.map(|list| Project::of(workspace, &list)).transpose()
    }

    /// The folder with the programs of the components.
    pub(crate) fn programs(&self, workspace: &Workspace, profile: &str) -> PathBuf {
        match self.list_of_project(workspace) {
            Some(_) => workspace.root_task_target().join("project").join(profile),
            None => super::programs(workspace, profile),
        }
    }

    /// The list, if it lies outside of the root task's workspace. Opening a list that is missing gives the better error.
    fn list_of_project(&self, workspace: &Workspace) -> Option<PathBuf> {
        let list = self.system.as_deref()?.canonicalize().ok()?;
        let is_kaals = list.starts_with(workspace.root().join(super::FOLDER));
        (!is_kaals).then_some(list)
    }

    /// A project's list and manifest, and the packages that components may come from: the project's, then KaaL's.
    pub(crate) fn sources(&self, workspace: &Workspace) -> Result<(Vec<PathBuf>, Vec<Package>)> {
        let mut files = Vec::new();
        let mut packages = Vec::new();
        if let Some(list) = self.list_of_project(workspace) {
            let project = Project::of(workspace, &list)?;
            let (manifest, own) = project.sources();
            files = vec![list, manifest.to_owned()];
            packages = own;
        }
        let is_own = |name: &String| packages.iter().any(|own| own.programs.contains(name));
        let mut of_kaal = super::components(workspace)?;
        of_kaal.retain(|name| !is_own(name));
        packages.extend(of_kaal.into_iter().map(|name| Package {
            folder: workspace.root().join(super::COMPONENTS_FOLDER).join(&name),
            programs: vec![name.clone()],
            name,
            target: workspace.root_task_target(),
        }));
        Ok((files, packages))
    }

    /// Tells the build script of the root task, which `cargo` runs.
    pub(super) fn choose(&self, cargo: &mut Command) -> Result<()> {
        cargo.env_remove(SYSTEM).env_remove(ONLY);
        if let Some(file) = &self.system {
            cargo.env(SYSTEM, path::absolute(file)?);
        }
        if !self.only.is_empty() {
            cargo.env(ONLY, self.only.join(","));
        }
        Ok(())
    }

    /// The root task with these components.
    pub(super) fn output(&self, workspace: &Workspace) -> PathBuf {
        let list = self.system.as_deref().and_then(Path::file_stem);
        let list = list.map(|list| list.to_string_lossy().into_owned());
        let only = (list.is_none() && !self.only.is_empty()).then(|| "only".to_owned());
        let purpose = self.development.then(|| "development".to_owned());
        let name = [Some("root-task".to_owned()), list, only, purpose];
        let name: Vec<_> = name.into_iter().flatten().collect();
        workspace.artifacts().join(name.join("-") + ".elf")
    }
}

/// The list in the current folder, if that is not in a checkout of KaaL.
fn of_project() -> Option<&'static str> {
    let folder = env::current_dir().ok()?;
    let workspace = Workspace::locate().ok()?;
    (!folder.starts_with(workspace.root()) && folder.join(OF_PROJECT).is_file())
        .then_some(OF_PROJECT)
}
