// SPDX-License-Identifier: BSD-2-Clause

//! One side of a comparison.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::diagnostic::{Flag, Origin};
use crate::files::bounded;
use crate::files::output::folder;
use crate::image_reader::ImageReader;
use crate::manifest::{self, Identity, ROLES};

/// Folder beside an image that may hold its programs.
const DEBUG: &str = "debug";

/// An image, its manifest, and the folders that may hold its programs.
pub(crate) struct Side<'a> {
    pub(super) file: &'a [u8],
    pub(super) image: ImageReader<'a>,
    /// The image's manifest. `None` if missing, or if it belongs to another image.
    pub(super) manifest: Option<Value>,
    folders: Vec<PathBuf>,
}

impl<'a> Side<'a> {
    /// The side of `image`, with its programs beside it or in `folders`.
    pub(crate) fn new(image: ImageReader<'a>, folders: &[PathBuf]) -> Self {
        let file = image.file();
        let beside = folder(file.path);
        let near = [beside.join(DEBUG), beside.to_owned()];
        Self {
            file: file.content,
            manifest: manifest::beside(file.path, file.content),
            image,
            folders: near.iter().chain(folders).cloned().collect(),
        }
    }

    /// The input of the option `flag`, from the manifest.
    pub(super) fn input(&self, flag: Flag) -> Option<&Value> {
        let (_, role) = ROLES.into_iter().find(|(other, _)| *other == flag)?;
        let inputs = self.manifest.as_ref()?["inputs"].as_array()?;
        inputs.iter().find(|input| input["role"] == role)
    }

    /// Name and content of the program of the option `flag`. It is found by its SHA-256, not by its file's name.
    pub(super) fn program(&self, flag: Flag) -> Option<(String, Vec<u8>)> {
        let input = self.input(flag)?;
        let folders = self.folders.iter();
        let folders = folders.filter_map(|folder| fs::read_dir(folder).ok());
        let content = folders.flatten().flatten().find_map(|file| {
            let path = file.path();
            let metadata = fs::metadata(&path).ok()?;
            if !metadata.is_file() || input["size"] != metadata.len() {
                return None;
            }
            let content = bounded::read(Origin::new(Flag::Image, &path)).ok()?;
            (input["sha256"] == Identity::of(&path, &content).sha256).then_some(content)
        })?;
        Some((input["name"].as_str()?.to_owned(), content))
    }
}
