// SPDX-License-Identifier: BSD-2-Clause

//! Finds the manifest of an image, and renews it when the image is signed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Identity, facts, parse, sbom, to_json};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::{File, bounded};
use crate::image_reader::ImageReader;

/// The path of the manifest of the image at `image`.
pub(crate) fn manifest_path(image: &Path) -> PathBuf {
    let mut path = OsString::from(image);
    path.push(".json");
    path.into()
}

/// The manifest beside `path`, if it belongs to `image`, the content of that file.
pub(crate) fn beside(path: &Path, image: &[u8]) -> Option<Value> {
    let manifest_path = manifest_path(path);
    let text = bounded::read(Origin::new(Flag::Out, &manifest_path)).ok()?;
    let manifest = parse(&text)?;
    (manifest["image"]["sha256"] == Identity::of(path, image).sha256).then_some(manifest)
}

/// Renews `manifest` for the image at `path` with this `content`, which differs only in its payload header. The
/// result is the same as if the builder had made that image.
pub(crate) fn renewed(
    mut manifest: Value,
    path: &Path,
    content: &[u8],
) -> Result<Vec<u8>, Diagnostic> {
    let image = ImageReader::open(File { path, content })?;
    let identity = Identity::of(path, content);
    let component = manifest.pointer_mut("/sbom/metadata/component");
    if let Some(component) = component.and_then(Value::as_object_mut) {
        component.insert("name".to_owned(), json!(identity.name));
        component.insert("hashes".to_owned(), sbom::hashes(&identity));
    }
    manifest["payload"] = facts(&image.payload());
    manifest["image"] = json!(identity);
    Ok(to_json(&manifest))
}
