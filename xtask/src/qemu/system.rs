// SPDX-License-Identifier: BSD-2-Clause

//! Makes or finds the image to boot, and chooses its machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use kaal_harness::image::{Format, Inputs};
use kaal_harness::probe::{self, Expected};
use kaal_harness::qemu::{Devices, Input, Machine, MadeFor, Version, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};

use super::check::check_app;
use super::devices::with_page;
use super::situation::{Occasion, Situation};
use super::start::Start;
use super::{Options, Project};
use crate::{build, root_task};

/// QEMU's own option for a device tree.
const QEMU_DEVICE_TREE: &str = "-dtb";

/// An image, and how to boot it.
pub(super) struct System {
    pub(super) image: PathBuf,
    machine: Machine,
    devices: Devices,
    /// How the chosen firmware starts the image.
    pub(super) start: Option<Start>,
    pub(super) watch: Watch,
    /// The parts of an image that was packed here.
    pub(super) inputs: Option<Inputs>,
    /// The folder with the programs of components, if the root task is KaaL's.
    pub(super) components: Option<PathBuf>,
}

impl System {
    /// The image in the file `image`.
    pub(super) fn packed(
        workspace: &Workspace,
        options: &Options,
        situation: &Situation<'_>,
        image: &Path,
    ) -> Result<Self> {
        build::builder(workspace)?;
        let (machine, format) = made_for(workspace, options, image, situation.version)
            .with_context(|| format!("--image {}", image.display()))?;
        let mut arguments = options.qemu_arguments.iter();
        ensure!(
            !machine.needs_device_tree || arguments.any(|word| word == QEMU_DEVICE_TREE),
            "--image {}: QEMU boots it only with a device tree: add `-- -dtb FILE`, with the kernel's kernel.dtb",
            image.display()
        );
        let machine = options.machine(machine);
        situation.warn_of_cores(&machine);
        let devices = options.devices.given(situation.scratch)?;
        Ok(Self {
            image: image.to_owned(),
            start: situation.start(workspace, &machine, format, image)?,
            machine,
            watch: with_page(on_terminal(options, situation), &devices),
            devices,
            inputs: None,
            components: None,
        })
    }

    /// Builds what is missing and packs an image of the project's kernel, of that of `SEL4_PREFIX` or of a probe kernel.
    pub(super) fn pack(
        workspace: &Workspace,
        options: &Options,
        situation: &Situation<'_>,
    ) -> Result<Self> {
        let scratch = situation.scratch;
        let format = options.format()?;
        if !situation.programs_are_built() {
            build::builder(workspace)?;
        }
        let project = Project::read(workspace)?;
        project.app.as_deref().map_or(Ok(()), check_app)?;
        if let (None, Some(name)) = (format, &project.format) {
            let checked = options.check_format(name.parse()?);
            checked.context("kaal.toml or KAAL_FORMAT")?;
        }
        if !situation.programs_are_built() {
            build::for_target(workspace)?;
        }
        let (mut inputs, machine, devices, watch) = match (&project.kernel, situation.kernel) {
            (Some(kernel), _) => projects(workspace, options, situation, &project, kernel)?,
            (None, Some(kernel)) => sel4(workspace, options, situation, &project, kernel)?,
            (None, None) => probe(workspace, options, &project, scratch)?,
        };
        project.apply(&mut inputs);
        if let Some(tree) = &options.dtb {
            inputs.device_tree = Some(tree.clone());
        }
        inputs.log_level = options.log_level.clone();
        inputs.packing = options.packing(format, inputs.packing);
        let components = workspace
            .is_own_root_task(&inputs.app)
            .then(|| options.selection.programs(workspace, situation.profile()))
            .filter(|folder| folder.is_dir());
        let image = scratch.join("bootimage");
        eprint!("{}", inputs.pack(workspace, &image)?);
        // A probe kernel lies there only to be packed.
        if let Ok(name) = inputs.kernel.strip_prefix(scratch) {
            inputs.kernel = workspace.artifacts().join(name);
        }
        let machine = match machine {
            Some(machine) => machine,
            None => options.machine(made_for(workspace, options, &image, situation.version)?.0),
        };
        let start = match format {
            Some(format) => situation.start(workspace, &machine, format, &image)?,
            None => None,
        };
        Ok(Self {
            image,
            machine,
            start,
            watch: with_page(watch, &devices),
            devices,
            inputs: Some(inputs),
            components,
        })
    }

    /// Whether a kernel other than a probe kernel boots.
    pub(super) fn is_real(&self) -> bool {
        self.watch.input != Input::None
    }

    /// The command that starts QEMU with the image.
    pub(super) fn command(&self) -> Command {
        let mut command = match (&self.start, &self.inputs) {
            (Some(start), _) => {
                let mut command = self.machine.command();
                command.args(&start.options);
                command
            }
            (None, Some(inputs)) => inputs.boot(&self.machine, &self.image),
            (None, None) => self.machine.booting(&self.image),
        };
        command.args(self.devices.options());
        command
    }
}

/// The machine that `image` was made for, which QEMU's release `version` must have, and the image's format.
fn made_for(
    workspace: &Workspace,
    options: &Options,
    image: &Path,
    version: Version,
) -> Result<(Machine, Format)> {
    let made_for = MadeFor::read(workspace, image)?;
    let format = made_for.format.parse()?;
    options.check_format(format)?;
    let board = made_for.board()?;
    board.check(version)?;
    options.firmware.check_board(board)?;
    Ok((made_for.machine()?, format))
}

/// A boot whose console is this terminal. Ctrl-C ends `watch` as a whole, but a single boot gets it as input.
fn on_terminal(options: &Options, situation: &Situation<'_>) -> Watch {
    Watch {
        input: match situation.occasion {
            Occasion::Watched { .. } => Input::Interruptible,
            Occasion::Single => Input::Terminal,
        },
        ..options.watch(None)
    }
}

/// The parts of an image, its machine unless the image tells it, the machine's devices, and the goal of its boot.
type Parts = (Inputs, Option<Machine>, Devices, Watch);

/// A boot of the project's `kernel`.
fn projects(
    workspace: &Workspace,
    options: &Options,
    situation: &Situation<'_>,
    project: &Project,
    kernel: &Path,
) -> Result<Parts> {
    ensure!(
        !options.hyp,
        "--hyp chooses a probe kernel, but kaal.toml or KAAL_KERNEL names a kernel: leave out --hyp"
    );
    let app = project.app(options).context(
        "--app: missing, but kaal.toml or KAAL_KERNEL names a kernel: add --app FILE, or the line `app = \"FILE\"` to \
         kaal.toml",
    )?;
    let inputs = Inputs::new(workspace, kernel.to_owned(), app);
    let devices = options.devices.given(situation.scratch)?;
    Ok((inputs, None, devices, on_terminal(options, situation)))
}

/// A boot of the `kernel` of `SEL4_PREFIX`.
fn sel4(
    workspace: &Workspace,
    options: &Options,
    situation: &Situation<'_>,
    project: &Project,
    kernel: &Kernel,
) -> Result<Parts> {
    let (app, devices) = match project.app(options) {
        Some(app) => (app, options.devices.given(situation.scratch)?),
        None => (
            root_task::build(workspace, kernel, situation.profile(), &options.selection)?,
            options.listed_devices(workspace, kernel, situation.scratch)?,
        ),
    };
    let machine = options.machine(kernel.machine()?);
    let inputs = kernel.inputs(workspace, &app);
    let watch = on_terminal(options, situation);
    Ok((inputs, Some(machine), devices, watch))
}

/// A boot of a probe kernel.
fn probe(
    workspace: &Workspace,
    options: &Options,
    project: &Project,
    scratch: &Path,
) -> Result<Parts> {
    let (program, mut machine) = match options.hyp {
        true => (Program::ProbeHyp, Machine::hypervisor()),
        false => (Program::Probe, Machine::ordinary()),
    };
    machine.cores = project.cores.unwrap_or(machine.cores);
    let machine = options.machine(machine);
    let task = project.app(options);
    let task = task.unwrap_or_else(|| workspace.program(Program::ProbeTask));
    let tree = options.dtb.as_deref().or(project.dtb.as_deref());
    let inputs = Inputs::probe_with(workspace, program, &task, tree, &machine, scratch)?;
    if options.firmware.chosen().is_some() {
        let mut kernel = fs::read(&inputs.kernel)?;
        Expected::AnyDeviceTree.supply(&mut kernel)?;
        fs::write(&inputs.kernel, kernel)?;
    }
    let devices = options.devices.given(scratch)?;
    let watch = options.watch(Some(probe::PASS));
    Ok((inputs, Some(machine), devices, watch))
}
