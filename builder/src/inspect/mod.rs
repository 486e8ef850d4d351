// SPDX-License-Identifier: BSD-2-Clause

//! Shows an image to people, to programs and in documents.
//!
//! ```text
//!  summary     the headers, one line for each fact
//!  picture     the memory map; map draws it on a terminal, svg in a document
//!  json        everything, as JSON
//! ```

mod bar;
mod json;
mod map;
mod picture;
mod size;
mod summary;
mod svg;

use kaal_payload::PhysRange;

use crate::diagnostic::Origin;
use crate::elf::capdl;
use crate::image_reader::ImageReader;
use crate::memory::holes::Holes;
use crate::parts::platform::KernelConfig;
use crate::rules::{self, Board, Outcome, Situation};

pub(crate) use json::to_json;
pub(crate) use map::draw;
pub(crate) use picture::Area;
pub(crate) use summary::summary;
pub(crate) use svg::to_svg;

/// An image and the outcomes of all rules, without other files than the kernel's configuration.
pub(crate) struct Inspected<'a> {
    pub(crate) image: &'a ImageReader<'a>,
    pub(crate) areas: Vec<Area>,
    /// The pages of zeroes between the root task's contents.
    pub(crate) holes: Holes,
    /// The machine in the image's device tree.
    pub(crate) board: Option<Board>,
    pub(crate) outcomes: Vec<(&'static rules::Rule, Outcome)>,
    /// What the root task creates objects from, if it is a capDL initialiser.
    pub(crate) capdl: Option<capdl::Parts>,
}

impl<'a> Inspected<'a> {
    /// Applies all rules to `image`, whose kernel has this configuration if it is known.
    pub(crate) fn new(
        image: &'a ImageReader<'a>,
        config: Option<(Origin<'a>, KernelConfig)>,
    ) -> Self {
        let mut situation = Situation::of_image(image);
        if let Some((origin, config)) = config {
            situation.origins.push(origin);
            situation.config = Some(config);
        }
        let user_image = image.payload().user_image.memory;
        let virt = situation.layout.user_start();
        let content = image.bytes(user_image);
        Self {
            capdl: content.and_then(|content| capdl::parts(&content, virt)),
            image,
            areas: picture::areas(image),
            holes: picture::holes(image),
            outcomes: rules::apply(&situation),
            board: situation.board,
        }
    }

    /// The RAM in the image's device tree.
    pub(crate) fn ram(&self) -> Option<&[PhysRange]> {
        self.board.as_ref()?.ram.as_deref()
    }
}
