// SPDX-License-Identifier: BSD-2-Clause

//! All that is known of an image and of what it is for.

use kaal_payload::PhysRange;

use super::{Layout, Outcome};
use crate::diagnostic::{Flag, Origin};
use crate::image_reader::ImageReader;
use crate::parts::Parts;
use crate::parts::device_tree::DeviceTree;
use crate::parts::platform::KernelConfig;
use crate::sel4::{self, Booted, Handover, Platform, Untyped};

/// The key that an image must be signed with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trusted<'a> {
    /// What names it.
    pub(crate) origin: Origin<'a>,
    /// An Ed25519 public key.
    pub(crate) key: [u8; 32],
}

/// What a device tree says of the machine.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    /// RAM that may be mapped; `None` where none is named.
    pub(crate) ram: Option<Vec<PhysRange>>,
    /// Number of cores.
    pub(crate) cores: usize,
    /// Size in bytes of the device tree that the kernel gets.
    pub(crate) size: u64,
}

impl Board {
    /// What `tree` says.
    pub(crate) fn new(tree: &DeviceTree<'_>) -> Self {
        Self {
            ram: tree.ram.clone(),
            cores: tree.cpus.len(),
            size: tree.size,
        }
    }

    /// What the device tree in `image` says, if there is one. If it is damaged, the rule of integrity
    /// says so.
    pub(crate) fn embedded(image: &ImageReader<'_>) -> Option<Self> {
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

/// All that is known.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    /// What the image is called, and the files that it is compared with or made of.
    pub(crate) origins: Vec<Origin<'a>>,
    pub(crate) layout: Layout,
    /// The part of the kernel that it needs to boot only, if that is known.
    pub(crate) boot_part: Option<PhysRange>,
    /// The machine, as its device tree tells.
    pub(crate) board: Option<Board>,
    /// The kernel's platform.
    pub(crate) platform: Option<Platform>,
    /// The kernel's configuration.
    pub(crate) config: Option<KernelConfig>,
    /// The key that the image must be signed with; `None` where its loader's word is taken.
    pub(crate) trusted: Option<Trusted<'a>>,
    /// The image's file, if it is one that was read.
    pub(crate) image: Option<&'a ImageReader<'a>>,
}

/// How the kernel boots.
pub(crate) struct Boot {
    pub(crate) config: sel4::BootConfig,
    pub(crate) handover: Handover,
    pub(crate) platform: Platform,
    pub(crate) booted: Booted,
}

impl Boot {
    /// The least and the most untyped memory that may be left: it depends on which part of itself the
    /// kernel needs to boot only. `None` where not even that is known.
    pub(crate) fn untyped(&self) -> Option<(Vec<Untyped>, Vec<Untyped>)> {
        let boot_parts = self.handover.boot_parts().into_iter();
        let mut all = boot_parts
            .map(|boot_part| {
                let Self {
                    config,
                    handover,
                    platform,
                    booted,
                } = self;
                sel4::untyped(handover, platform, config, booted, boot_part)
            })
            .collect::<Option<Vec<_>>>()?;
        all.sort_by_key(Vec::len);
        Some((all.first()?.clone(), all.pop()?))
    }
}

impl<'a> Situation<'a> {
    /// An image for the machine that `board` tells of, without more known about it.
    pub(crate) fn of_image(image: &'a ImageReader<'a>, board: Option<Board>) -> Self {
        let scratch = image.package().and_then(|package| package.scratch.memory());
        Self {
            origins: vec![image.origin()],
            layout: Layout::new(&image.payload(), image.payload_header().start)
                .with_scratch(scratch),
            boot_part: None,
            board,
            platform: None,
            config: None,
            trusted: None,
            image: Some(image),
        }
    }

    /// An image that was made of `parts`.
    pub(crate) fn of_build(parts: &Parts<'a>, layout: Layout) -> Self {
        let origins = parts.origins;
        let optional = [origins.device_tree, origins.platform, origins.kernel_config];
        let given = [origins.kernel, origins.app].into_iter();
        Self {
            origins: given.chain(optional.into_iter().flatten()).collect(),
            layout,
            boot_part: None,
            board: parts.device_tree.as_ref().map(Board::new),
            platform: parts.platform.clone(),
            config: origins.kernel_config.map(|_| parts.config),
            trusted: None,
            image: None,
        }
    }

    /// What messages name for `flag`.
    pub(super) fn origin(&self, flag: Flag) -> Origin<'a> {
        let mut origins = self.origins.iter();
        let origin = origins.find(|origin| origin.flag == flag);
        *origin.unwrap_or(&self.origins[0])
    }

    /// The device tree that the kernel is told of; the largest that there is room for where none is
    /// known.
    pub(crate) fn device_tree(&self) -> PhysRange {
        match &self.board {
            Some(board) => self.layout.device_tree(board.size),
            None => self.layout.device_tree_slot(),
        }
    }

    /// What the kernel is handed over.
    pub(crate) fn handover(&self) -> Handover {
        Handover {
            kernel: self.layout.kernel(),
            boot_part: self.boot_part,
            device_tree: self.device_tree(),
            user_image: self.layout.user_image.memory,
            user_start: self.layout.user_start(),
        }
    }

    /// The kernel's platform. Where it isn't given, its RAM is taken to be what the device tree says
    /// from the kernel on.
    pub(super) fn platform(&self) -> Result<Platform, Outcome> {
        let of_ram = |ram| Platform::of_ram(ram, self.layout.kernel().start);
        let ram = self.ram().map(of_ram);
        self.platform.clone().or(ram).ok_or_else(|| {
            Outcome::not_checked("neither --platform nor a device tree says where RAM is")
        })
    }

    /// The machine's RAM, as its device tree tells.
    pub(super) fn ram(&self) -> Option<&[PhysRange]> {
        self.board.as_ref()?.ram.as_deref()
    }

    /// How the kernel boots.
    pub(super) fn boot(&self) -> Result<Boot, Outcome> {
        let config = self
            .config
            .as_ref()
            .ok_or_else(|| Outcome::not_checked("--kernel-config is not given"))?
            .boot
            .ok_or_else(|| {
                Outcome::not_checked("--kernel-config does not say all that is needed")
            })?;
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
