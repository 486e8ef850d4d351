// SPDX-License-Identifier: BSD-2-Clause

//! Reads the inputs and checks each of them on its own.

pub(crate) mod boot_program;
mod compiled_for;
mod complete;
pub(crate) mod core_nodes;
pub(crate) mod cores;
pub(crate) mod device_tree;
pub(crate) mod gaps;
pub(crate) mod kernel;
mod kernel_tree;
pub(crate) mod memory;
mod microkit;
pub(crate) mod no_map;
pub(crate) mod platform;
pub(crate) mod swapped;
pub(crate) mod symbols;
pub(crate) mod trust;
pub(crate) mod user_image;
mod yaml;

use kaal_payload::{Cpu, PhysAddr};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::File;
use crate::memory::ranges;
use crate::options::{Inputs, KernelDtb, Settings, System, boot_arguments};
use crate::sel4::Platform;
use boot_program::{BootProgram, LOADER, STUB, UNPACKER};
use device_tree::DeviceTree;
use kernel::Kernel;
use memory::Memory;
use platform::KernelConfig;
use symbols::Names;
use trust::Trust;
use user_image::UserImage;

/// The options and names of the input files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins<'a> {
    pub(crate) loader: Origin<'a>,
    pub(crate) kernel: Origin<'a>,
    pub(crate) app: Origin<'a>,
    pub(crate) device_tree: Option<Origin<'a>>,
    pub(crate) platform: Option<Origin<'a>>,
    pub(crate) kernel_config: Option<Origin<'a>>,
}

/// All parts of an image.
pub(crate) struct Parts<'a> {
    pub(crate) origins: Origins<'a>,
    pub(crate) settings: Settings<'a>,
    /// `bootargs` as in a device tree; empty to keep the present one.
    pub(crate) boot_arguments: Vec<u8>,
    /// The keys of an image for a loader for signed images.
    pub(crate) trust: Option<Trust>,
    pub(crate) loader: BootProgram,
    /// For formats other than ELF.
    pub(crate) unpacker: Option<BootProgram>,
    /// For UEFI.
    pub(crate) efi_stub: Option<BootProgram>,
    pub(crate) kernel: Kernel<'a>,
    pub(crate) config: KernelConfig,
    /// The number of cores that the kernel waits for.
    pub(crate) cores: u32,
    /// These cores; empty for a single core or if they are unknown.
    pub(crate) cpus: Vec<Cpu>,
    pub(crate) user_image: UserImage<'a>,
    /// Offset in bytes of the user image from the kernel, if it is fixed.
    pub(crate) user_image_offset: Option<u64>,
    /// The machine's device tree, if given.
    pub(crate) device_tree: Option<DeviceTree<'a>>,
    /// The device tree that the kernel gets.
    pub(crate) kernel_dtb: KernelDtb,
    /// The kernel's platform, if given.
    pub(crate) platform: Option<Platform>,
    pub(crate) memory: Memory<'a>,
    pub(crate) names: Names,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl<'a> Parts<'a> {
    /// Reads all parts.
    ///
    /// # Errors
    ///
    /// Returns the first problem.
    pub(crate) fn read(inputs: &Inputs<'a>) -> Result<Self, Diagnostic> {
        let (kernel, app) = match inputs.system {
            System::Programs { kernel, app } => {
                (kernel.origin(Flag::Kernel), app.origin(Flag::App))
            }
            System::Microkit { image, .. } => {
                let origin = image.origin(Flag::Microkit);
                (origin, origin)
            }
        };
        let origins = Origins {
            loader: inputs.loader.origin(Flag::Loader),
            kernel,
            app,
            device_tree: inputs.device_tree.map(|file| file.origin(Flag::Dtb)),
            platform: inputs.platform.map(|file| file.origin(Flag::Platform)),
            kernel_config: inputs
                .kernel_config
                .map(|file| file.origin(Flag::KernelConfig)),
        };
        let mut loader = BootProgram::read(origins.loader, inputs.loader.content, &LOADER)?;
        let trust = Trust::read(inputs)?;
        let unpacker = read_if_given(inputs.unpacker, Flag::Unpacker, |origin, file| {
            BootProgram::read(origin, file, &UNPACKER)
        })?;
        let efi_stub = read_if_given(inputs.efi_stub, Flag::EfiStub, |origin, file| {
            BootProgram::read(origin, file, &STUB)
        })?;
        let (kernel, user_image, user_image_offset) = match inputs.system {
            System::Programs { kernel, app } => (
                Kernel::read(origins.kernel, kernel.content)?,
                UserImage::read(origins.app, app.content)?,
                inputs.settings.app_offset,
            ),
            System::Microkit { image, kernel } => {
                let system = microkit::System::read(origins.app, image.content, kernel)?;
                (system.kernel, system.user_image, Some(system.offset))
            }
        };
        if let Some(address) = inputs.settings.kernel_paddr {
            check_kernel_address(&kernel, address)?;
        }
        let config = read_if_given(inputs.kernel_config, Flag::KernelConfig, |origin, file| {
            KernelConfig::read(origin, file, kernel.exception_level)
        })?
        .unwrap_or_default();
        compiled_for::check(inputs, &kernel)?;
        let boot_arguments = boot_arguments::encode(inputs.settings.boot_arguments)?;
        let device_tree = read_if_given(inputs.device_tree, Flag::Dtb, |origin, file| {
            DeviceTree::read(origin, file, &boot_arguments)
        })?;
        let kernel_dtb = inputs.settings.kernel_dtb;
        let kernel_dtb =
            kernel_dtb.unwrap_or(KernelDtb::of_system(inputs.system.microkit().is_some()));
        let machine = device_tree.as_ref().map(|tree| tree.machine);
        let machine = machine.unwrap_or_default();
        trust::instruct(&mut loader, origins.loader, trust.as_ref(), machine)?;
        let configured = origins.kernel_config.zip(config.cores);
        let count = cores::count(inputs, configured)?;
        let cpus = match &device_tree {
            Some(tree) => cores::choose(tree, &count)?,
            None => Vec::new(),
        };
        let platform = read_if_given(inputs.platform, Flag::Platform, platform::read)?;
        let memory = memory(
            device_tree.as_ref(),
            origins.platform.zip(platform.as_ref()),
        );

        let names = Names::choose(inputs, config.is_debug, &kernel, loader.memory())?;

        let console = device_tree
            .as_ref()
            .and_then(|device_tree| device_tree.console_warning.clone());
        let unknown_ram = memory
            .is_unknown()
            .then(|| unknown_ram(origins.kernel, device_tree.as_ref()));
        let unknown_cores = count.cores > 1 && cpus.is_empty();
        let unknown_cores = unknown_cores.then(|| cores::nothing_names(origins.kernel, &count));
        let only_at_el3 = device_tree
            .as_ref()
            .and_then(|tree| cores::only_at_el3(tree, &cpus, &count));
        let gaps = user_image.gaps.map(|gaps| gaps.warning(origins.app));
        Ok(Self {
            origins,
            settings: inputs.settings,
            boot_arguments,
            trust,
            loader,
            unpacker,
            efi_stub,
            kernel,
            config,
            cores: count.cores,
            cpus,
            user_image,
            user_image_offset,
            device_tree,
            kernel_dtb,
            platform,
            memory,
            names,
            warnings: [console, unknown_ram, unknown_cores, only_at_el3, gaps]
                .into_iter()
                .flatten()
                .collect(),
        })
    }
}

/// Reads an optional file with `read`.
fn read_if_given<'a, T>(
    file: Option<File<'a>>,
    flag: Flag,
    read: impl FnOnce(Origin<'a>, &'a [u8]) -> Result<T, Diagnostic>,
) -> Result<Option<T>, Diagnostic> {
    file.map(|file| read(file.origin(flag), file.content))
        .transpose()
}

fn check_kernel_address(kernel: &Kernel<'_>, expected: PhysAddr) -> Result<(), Diagnostic> {
    let found = kernel.memory.start;
    if found == expected {
        return Ok(());
    }
    Err(Origin::new(Flag::KernelPaddr, &expected.to_string())
        .diagnostic("the kernel is linked for another physical address")
        .expected(expected.to_string())
        .found(format!("{found}, the lowest p_paddr"))
        .remedy("leave the option out, or pass the kernel built for that address"))
}

/// Collects the RAM that the inputs name.
fn memory<'a>(
    device_tree: Option<&DeviceTree<'a>>,
    platform: Option<(Origin<'a>, &Platform)>,
) -> Memory<'a> {
    let of_tree = device_tree.and_then(|tree| Some((tree.origin, tree.ram.clone()?)));
    let of_platform =
        platform.map(|(origin, platform)| (origin, ranges::union(platform.memory.clone())));
    Memory {
        sources: of_tree.into_iter().chain(of_platform).collect(),
        reserved: device_tree.map_or(Vec::new(), |tree| tree.reserved.clone()),
        no_map: device_tree.map_or(Vec::new(), |tree| tree.no_map.clone()),
        words: device_tree.map_or(Vec::new(), DeviceTree::release_words),
    }
}

fn unknown_ram(kernel: Origin<'_>, device_tree: Option<&DeviceTree<'_>>) -> Diagnostic {
    let diagnostic = kernel
        .diagnostic("placed without knowledge of the RAM")
        .expected("a --dtb with a memory node, or a --platform");
    match device_tree.and_then(|tree| Some((tree.origin, tree.unused_memory.as_ref()?))) {
        None => diagnostic
            .found("neither")
            .remedy("pass one of them, so that the builder can check the image against RAM"),
        Some((origin, memory)) => diagnostic
            .found(format!(
                "the node {} ({origin}) {}",
                memory.node, memory.reason
            ))
            .remedy(memory.remedy),
    }
}
