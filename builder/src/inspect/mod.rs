// SPDX-License-Identifier: BSD-2-Clause

//! Showing what an image is: to people, to programs, and in documents.
//!
//! ```text
//!  summary     what its headers say, in a line each
//!  picture     what lies where in memory: map draws it on a terminal, svg for a document
//!  json        all of it
//! ```

mod bar;
mod json;
mod map;
mod picture;
mod size;
mod summary;
mod svg;

use kaal_payload::PhysRange;

use crate::image_reader::ImageReader;
use crate::rules::{self, Board, Outcome, Situation};

pub(crate) use json::to_json;
pub(crate) use map::draw;
pub(crate) use picture::Picture;
pub(crate) use summary::summary;
pub(crate) use svg::to_svg;

/// An image, and what comes of the rules that need nothing but it.
pub(crate) struct Inspected<'a> {
    pub(crate) image: &'a ImageReader<'a>,
    pub(crate) picture: Picture,
    /// The machine's RAM, as the image's device tree tells.
    pub(crate) ram: Option<Vec<PhysRange>>,
    pub(crate) outcomes: Vec<(&'static rules::Rule, Outcome)>,
}

impl<'a> Inspected<'a> {
    /// Looks at `image`.
    pub(crate) fn new(image: &'a ImageReader<'a>) -> Self {
        let board = Board::embedded(image);
        let ram = board.as_ref().and_then(|board| board.ram.clone());
        let situation = Situation::of_image(image, board);
        Self {
            image,
            picture: Picture::new(image),
            ram,
            outcomes: rules::apply(&situation),
        }
    }
}
