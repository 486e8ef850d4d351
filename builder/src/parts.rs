// SPDX-License-Identifier: BSD-2-Clause

//! The inputs, understood, and each checked by itself.

use std::path::Path;

use kaal_payload::{Cpu, PhysAddr};

use crate::cores::{self, Count};
use crate::device_tree::DeviceTree;
use crate::finding::{Finding, Flag, Origin};
use crate::kernel::Kernel;
use crate::loader::Loader;
use crate::memory::Memory;
use crate::platform::{self, KernelConfig};
use crate::user_image::UserImage;
use crate::{File, Inputs, Settings};

/// Where the parts come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins<'a> {
    pub(crate) loader: Origin<'a>,
    pub(crate) kernel: Origin<'a>,
    pub(crate) app: Origin<'a>,
    pub(crate) device_tree: Option<Origin<'a>>,
}

/// All parts of an image.
pub(crate) struct Parts<'a> {
    pub(crate) origins: Origins<'a>,
    pub(crate) settings: Settings,
    pub(crate) loader: Loader,
    pub(crate) kernel: Kernel<'a>,
    pub(crate) config: KernelConfig,
    /// The number of cores that the kernel waits for.
    pub(crate) cores: u32,
    /// Those cores, where there are several and they are known.
    pub(crate) cpus: Vec<Cpu>,
    pub(crate) user_image: UserImage<'a>,
    pub(crate) device_tree: Option<DeviceTree>,
    pub(crate) memory: Memory<'a>,
    pub(crate) warnings: Vec<Finding>,
}

impl<'a> File<'a> {
    fn origin(&self, flag: Flag) -> Origin<'a> {
        Origin {
            flag,
            value: self.path,
        }
    }
}

impl<'a> Parts<'a> {
    /// Reads all parts.
    pub(crate) fn read(inputs: &Inputs<'a>) -> Result<Self, Finding> {
        let origins = Origins {
            loader: inputs.loader.origin(Flag::Loader),
            kernel: inputs.kernel.origin(Flag::Kernel),
            app: inputs.app.origin(Flag::App),
            device_tree: inputs.device_tree.map(|file| file.origin(Flag::Dtb)),
        };
        let loader = Loader::read(origins.loader, inputs.loader.content)?;
        let kernel = Kernel::read(origins.kernel, inputs.kernel.content)?;
        let user_image = UserImage::read(origins.app, inputs.app.content)?;
        if let Some(address) = inputs.settings.kernel_paddr {
            check_kernel_address(&kernel, address)?;
        }
        let config = inputs
            .kernel_config
            .map(|file| {
                let origin = file.origin(Flag::KernelConfig);
                KernelConfig::read(origin, file.content, kernel.exception_level)
            })
            .transpose()?
            .unwrap_or(KernelConfig::UNKNOWN);
        let device_tree = inputs
            .device_tree
            .map(|file| DeviceTree::read(file.origin(Flag::Dtb), file.content))
            .transpose()?;
        let configured = inputs.kernel_config.zip(config.cores);
        let configured = configured.map(|(file, cores)| Count {
            origin: file.origin(Flag::KernelConfig),
            cores,
        });
        let cores = cores::count(inputs.settings.cores, configured)?;
        let cpus = match (origins.device_tree, &device_tree) {
            (Some(origin), Some(tree)) => cores::choose(origin, &tree.cpus, cores)?,
            _ => Vec::new(),
        };
        let memory = read_memory(inputs, device_tree.as_ref())?;

        let no_console = device_tree
            .as_ref()
            .and_then(|device_tree| device_tree.no_console.clone());
        let unknown_ram = memory.is_unknown().then(|| unknown_ram(origins.kernel));
        let unknown_cores = cores > 1 && cpus.is_empty();
        let unknown_cores = unknown_cores.then(|| cores::nothing_names(origins.kernel, cores));
        Ok(Self {
            origins,
            settings: inputs.settings,
            loader,
            kernel,
            config,
            cores,
            cpus,
            user_image,
            device_tree,
            memory,
            warnings: [no_console, unknown_ram, unknown_cores]
                .into_iter()
                .flatten()
                .collect(),
        })
    }
}

fn check_kernel_address(kernel: &Kernel<'_>, expected: PhysAddr) -> Result<(), Finding> {
    let found = kernel.memory.start;
    if found == expected {
        return Ok(());
    }
    Err(Origin {
        flag: Flag::KernelPaddr,
        value: Path::new(&expected.to_string()),
    }
    .finding("the kernel is linked for another physical address")
    .expected(expected.to_string())
    .found(format!("{found}, the lowest p_paddr"))
    .remedy("leave the option out, or give the kernel built for that address"))
}

fn read_memory<'a>(
    inputs: &Inputs<'a>,
    device_tree: Option<&DeviceTree>,
) -> Result<Memory<'a>, Finding> {
    let mut memory = Memory::default();
    if let (Some(file), Some(device_tree)) = (inputs.device_tree, device_tree) {
        if let Some(ram) = &device_tree.ram {
            memory.add(file.origin(Flag::Dtb), ram.clone());
        }
        memory.reserve(&device_tree.reserved);
    }
    if let Some(file) = inputs.platform {
        let origin = file.origin(Flag::Platform);
        memory.add(origin, platform::read_ram(origin, file.content)?);
    }
    Ok(memory)
}

fn unknown_ram(kernel: Origin<'_>) -> Finding {
    kernel
        .finding("placed without knowing where RAM is")
        .expected("a --dtb with a memory node, or a --platform")
        .found("neither")
        .remedy("give one, so that the image is checked against RAM")
}
