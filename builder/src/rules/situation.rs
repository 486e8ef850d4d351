// SPDX-License-Identifier: BSD-2-Clause

//! Everything that rules can look at: an image, its kernel's build and its machine.

use kaal_payload::{PhysRange, PublicKey};

use super::{Layout, Outcome, known};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::image_reader::ImageReader;
use crate::parts::Parts;
use crate::parts::core_nodes::{CoreNode, ReleaseWord};
use crate::parts::device_tree::DeviceTree;
use crate::parts::no_map::NoMap;
use crate::parts::platform::KernelConfig;
use crate::sel4::{self, Booted, Handover, Platform, Untyped};

/// Why a rule about RAM can't be applied.
pub(super) const NO_RAM: &str = "neither --platform nor a device tree names RAM";

/// Why a rule about the machine can't be applied.
pub(super) const NO_DEVICE_TREE: &str = "there is no device tree";

/// A key that an image's loader must trust.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trusted<'a> {
    /// The option that gave it.
    pub(crate) origin: Origin<'a>,
    pub(crate) key: PublicKey,
}

/// The machine, from a device tree.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    /// RAM that may be mapped. `None` if the device tree names none.
    pub(crate) ram: Option<Vec<PhysRange>>,
    /// Memory that only its owner may access.
    pub(crate) no_map: Vec<NoMap>,
    /// Number of cores.
    pub(crate) cores: usize,
    /// `boot_cpuid_phys`, the `reg` of the core that boots.
    pub(crate) boot_core: u32,
    /// The nodes of the cores, in the order of the tree.
    pub(crate) core_nodes: Vec<CoreNode>,
    /// The words that cores poll.
    pub(crate) words: Vec<ReleaseWord>,
    /// Size in bytes of the device tree for the kernel.
    pub(crate) size: u64,
}

impl Board {
    /// The machine in `tree`.
    pub(crate) fn new(tree: &DeviceTree<'_>) -> Self {
        Self {
            ram: tree.ram.clone(),
            no_map: tree.no_map.clone(),
            cores: tree.cpus.len(),
            boot_core: tree.boot_core,
            core_nodes: tree.core_nodes.clone(),
            words: tree.release_words(),
            size: tree.size,
        }
    }

    /// The machine in the device tree of `image`. `None` without one, or if it is damaged, which the rule `integrity`
    /// reports.
    fn embedded(image: &ImageReader<'_>) -> Option<Self> {
        let payload = image.payload();
        let slot = payload.device_tree;
        let memory = PhysRange::from_size(slot.start, slot.size);
        let blob = image.bytes(memory.filter(|memory| !memory.is_empty())?)?;
        let tree = DeviceTree::read(image.origin(), &blob, payload.boot_arguments).ok()?;
        Some(Self {
            size: slot.size,
            ..Self::new(&tree)
        })
    }
}

/// Everything that rules can look at.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    /// The image, and the files that it was made of or is compared with.
    pub(crate) origins: Vec<Origin<'a>>,
    pub(crate) layout: Layout,
    /// The part of the kernel that it needs only during boot, if known.
    pub(crate) boot_part: Option<PhysRange>,
    /// The machine, if there is a device tree.
    pub(crate) board: Option<Board>,
    /// The kernel's platform.
    pub(crate) platform: Option<Platform>,
    /// The kernel's configuration.
    pub(crate) config: Option<KernelConfig>,
    /// The only keys that the loader may trust; empty if the user gave none.
    pub(crate) trusted: Vec<Trusted<'a>>,
    /// Whether the root task lets programs be replaced in the running system.
    pub(crate) is_for_development: bool,
    /// The image's file. `None` during a build.
    pub(crate) image: Option<&'a ImageReader<'a>>,
}

/// The predicted boot of the kernel.
pub(crate) struct Boot {
    pub(crate) config: sel4::BootConfig,
    pub(crate) handover: Handover,
    pub(crate) platform: Platform,
    pub(crate) booted: Booted,
}

impl Boot {
    /// The shortest and the longest list of untyped memory that is possible. It depends on the part of the
    /// kernel that is needed only during boot. `None` if the devices are unknown.
    pub(crate) fn untyped(&self) -> Option<(Vec<Untyped>, Vec<Untyped>)> {
        let (handover, platform) = (&self.handover, &self.platform);
        let (config, booted) = (&self.config, &self.booted);
        let boot_parts = handover.boot_parts().into_iter();
        let mut all = boot_parts
            .map(|boot_part| sel4::untyped(handover, platform, config, booted, boot_part))
            .collect::<Option<Vec<_>>>()?;
        all.sort_by_key(Vec::len);
        Some((all.first()?.clone(), all.pop()?))
    }
}

impl<'a> Situation<'a> {
    /// The image in a file, on the machine in its device tree.
    pub(crate) fn of_image(image: &'a ImageReader<'a>) -> Self {
        let scratch = image.package().and_then(|package| package.scratch.memory());
        let layout = Layout::new(&image.payload(), image.payload_header().start);
        Self {
            origins: vec![image.origin()],
            layout: layout.with_scratch(scratch),
            boot_part: None,
            board: Board::embedded(image),
            platform: None,
            config: None,
            trusted: Vec::new(),
            is_for_development: image.is_for_development(),
            image: Some(image),
        }
    }

    /// An image that a build makes of `parts`.
    pub(crate) fn of_build(parts: &Parts<'a>, layout: Layout) -> Self {
        let files = parts.origins;
        let optional = [files.device_tree, files.platform, files.kernel_config];
        let origins = [files.kernel, files.app].into_iter();
        let origins = origins.chain(optional.into_iter().flatten()).collect();
        Self {
            origins,
            layout,
            boot_part: None,
            board: parts.device_tree.as_ref().map(Board::new),
            platform: parts.platform.clone(),
            config: files.kernel_config.map(|_| parts.config.clone()),
            trusted: Vec::new(),
            is_for_development: parts.user_image.is_for_development(),
            image: None,
        }
    }

    /// A diagnostic about the file of the option `about`, or about the image if there is none. The remedy is a
    /// new image unless the rule gives another.
    pub(super) fn complaint(&self, about: Flag, problem: impl Into<String>) -> Diagnostic {
        let mut origins = self.origins.iter();
        let origin = origins.find(|origin| origin.flag == about);
        let origin = origin.unwrap_or(&self.origins[0]);
        origin.diagnostic(problem).remedy("build the image again")
    }

    /// The arguments of the kernel.
    pub(crate) fn handover(&self) -> Handover {
        Handover {
            kernel: self.layout.kernel(),
            boot_part: self.boot_part,
            // If the firmware's is unknown, the largest that fits.
            device_tree: match &self.board {
                Some(board) if self.layout.device_tree.takes_another() => {
                    self.layout.device_tree(board.size)
                }
                _ => self.layout.device_tree_slot(),
            },
            user_image: self.layout.user_image.memory,
            user_start: self.layout.user_start(),
        }
    }

    /// The kernel's platform. Without `--platform`, its RAM is that of the device tree from the kernel's address.
    pub(super) fn platform(&self) -> Result<Platform, Outcome> {
        let of_ram = |ram| Platform::of_ram(ram, self.layout.kernel().start);
        let ram = self.ram().map(of_ram);
        let platform = self.platform.clone().or(ram);
        known(platform, NO_RAM)
    }

    /// The RAM in the machine's device tree.
    pub(crate) fn ram(&self) -> Option<&[PhysRange]> {
        self.board.as_ref()?.ram.as_deref()
    }

    /// The predicted boot of the kernel.
    pub(super) fn boot(&self) -> Result<Boot, Outcome> {
        let config = known(self.config.as_ref(), "--kernel-config is not given")?;
        let config = known(config.boot, "--kernel-config lacks some settings")?;
        let platform = self.platform()?;
        let handover = self.handover();
        let booted = sel4::boot(&handover, &platform, &config);
        Ok(Boot {
            config,
            handover,
            platform,
            booted,
        })
    }
}
