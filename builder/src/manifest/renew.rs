// SPDX-License-Identifier: BSD-2-Clause

//! The manifest that lies beside an image, and that of the image once it is signed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, to_value};

use super::sbom::Hash;
use super::{Facts, Identity, parse, to_json};
use crate::diagnostic::{Flag, Origin};
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
    let origin = Origin {
        flag: Flag::Out,
        value: &manifest_path(path),
    };
    let text = bounded::read(origin).ok()?;
    let manifest = parse(&text)?;
    let expected = Identity::of(String::new(), image).sha256;
    (manifest["image"]["sha256"] == expected).then_some(manifest)
}

/// `manifest` for `image`, which is the same image with another payload header, in a file called
/// `name`: as if it had been built that way.
pub(crate) fn renewed(mut manifest: Value, name: String, image: &[u8]) -> io::Result<Vec<u8>> {
    let opened = ImageReader::open(File {
        path: Path::new(&name),
        content: image,
    })
    .map_err(io::Error::other)?;
    let facts = Facts::new(&opened.payload());
    let identity = Identity::of(name, image);
    let component = manifest.pointer_mut("/sbom/metadata/component");
    if let Some(component) = component.and_then(Value::as_object_mut) {
        component.insert("name".to_owned(), to_value(&identity.name)?);
        component.insert("hashes".to_owned(), to_value([Hash::of(&identity)])?);
    }
    if let Some(fields) = manifest.as_object_mut() {
        fields.insert("payload".to_owned(), to_value(facts)?);
        fields.insert("image".to_owned(), to_value(identity)?);
    }
    to_json(&manifest)
}
