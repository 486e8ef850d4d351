// SPDX-License-Identifier: BSD-2-Clause

//! All that is known of an image and of what it is for.

use kaal_payload::PhysRange;

use super::{Layout, Outcome};
use crate::diagnostic::{Diagnostic, Flag, Origin};
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
        let Self {
            config,
            handover,
            platform,
            booted,
        } = self;
        let boot_parts = handover.boot_parts().into_iter();
        let mut all = boot_parts
            .map(|boot_part| sel4::untyped(handover, platform, config, booted, boot_part))
            .collect::<Option<Vec<_>>>()?;
        all.sort_by_key(Vec::len);
        Some((all.first()?.clone(), all.pop()?))
    }
}

impl<'a> Situation<'a> {
    /// Where everything lies, for the machine that `board` tells of, without more known about it.
    fn new(origins: Vec<Origin<'a>>, layout: Layout, board: Option<Board>) -> Self {
        Self {
            origins,
            layout,
            boot_part: None,
            board,
            platform: None,
            config: None,
            trusted: None,
            image: None,
        }
    }

    /// An image for the machine that `board` tells of.
    pub(crate) fn of_image(image: &'a ImageReader<'a>, board: Option<Board>) -> Self {
        let scratch = image.package().and_then(|package| package.scratch.memory());
        let layout = Layout::new(&image.payload(), image.payload_header().start);
        Self {
            image: Some(image),
            ..Self::new(vec![image.origin()], layout.with_scratch(scratch), board)
        }
    }

    /// An image that was made of `parts`.
    pub(crate) fn of_build(parts: &Parts<'a>, layout: Layout) -> Self {
        let files = parts.origins;
        let optional = [files.device_tree, files.platform, files.kernel_config];
        let origins = [files.kernel, files.app].into_iter();
        let origins = origins.chain(optional.into_iter().flatten()).collect();
        let board = parts.device_tree.as_ref().map(Board::new);
        Self {
            platform: parts.platform.clone(),
            config: files.kernel_config.map(|_| parts.config),
            ..Self::new(origins, layout, board)
        }
    }

    /// Begins to say what is wrong with `about`; the remedy is a new image, unless another is given. What isn't a file of its own is part of the image.
    pub(super) fn complaint(&self, about: Flag, problem: impl Into<String>) -> Diagnostic {
        let mut origins = self.origins.iter();
        let origin = origins.find(|origin| origin.flag == about);
        let origin = origin.unwrap_or(&self.origins[0]);
        origin.diagnostic(problem).remedy("build the image again")
    }

    /// What the kernel is handed over.
    pub(crate) fn handover(&self) -> Handover {
        Handover {
            kernel: self.layout.kernel(),
            boot_part: self.boot_part,
            // The largest that there is room for where none is known.
            device_tree: match &self.board {
                Some(board) => self.layout.device_tree(board.size),
                None => self.layout.device_tree_slot(),
            },
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
        let missing = Outcome::not_checked;
        let config = self.config.as_ref();
        let config = config.ok_or_else(|| missing("--kernel-config is not given"))?;
        let config = config
            .boot
            .ok_or_else(|| missing("--kernel-config does not say all that is needed"))?;
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
