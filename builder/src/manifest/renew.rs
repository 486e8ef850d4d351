// SPDX-License-Identifier: BSD-2-Clause

//! The manifest that lies beside an image, and that of the image once it is signed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Identity, facts, parse, sbom, to_json};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::{File, bounded};
use crate::image_reader::ImageReader;

/// Where the manifest of the image at `image` lies.
pub(crate) fn manifest_path(image: &Path) -> PathBuf {
    let mut path = OsString::from(image);
    path.push(".json");
    path.into()
}

/// The manifest beside the image at `path`, if it is the one of `image`, that file's content.
pub(crate) fn beside(path: &Path, image: &[u8]) -> Option<Value> {
    let manifest_path = manifest_path(path);
    let text = bounded::read(Origin::new(Flag::Out, &manifest_path)).ok()?;
    let manifest = parse(&text)?;
    (manifest["image"]["sha256"] == Identity::of(path, image).sha256).then_some(manifest)
}

/// `manifest` for `image`, which is the same image with another payload header, in a file at
/// `path`: as if it had been built that way.
pub(crate) fn renewed(
    mut manifest: Value,
    path: &Path,
    image: &[u8],
) -> Result<Vec<u8>, Diagnostic> {
    let opened = ImageReader::open(File {
        path,
        content: image,
    })?;
    let identity = Identity::of(path, image);
    let component = manifest.pointer_mut("/sbom/metadata/component");
    if let Some(component) = component.and_then(Value::as_object_mut) {
        component.insert("name".to_owned(), json!(identity.name));
        component.insert("hashes".to_owned(), sbom::hashes(&identity));
    }
    manifest["payload"] = facts(&opened.payload());
    manifest["image"] = json!(identity);
    Ok(to_json(&manifest))
}
