// SPDX-License-Identifier: BSD-2-Clause

use std::fs;

use tempfile::TempDir;

use super::Output;
use crate::diagnostic::{Flag, Origin};
use crate::manifest::manifest_path;

/// An image can't take the place of a folder, which [`Output::check`] would have found.
#[test]
fn a_manifest_is_taken_back_where_its_image_fails() {
    for before in [None, Some("before")] {
        let folder = TempDir::new().expect("a temporary folder");
        let image = folder.path().join("image");
        fs::create_dir(&image).expect("a writable folder");
        let manifest = manifest_path(&image);
        if let Some(before) = before {
            fs::write(&manifest, before).expect("a writable folder");
        }
        let written = Output::new(&image, true, "").write(b"image", || Ok(b"manifest".to_vec()));
        assert!(written.is_err());
        assert_eq!(fs::read_to_string(&manifest).ok().as_deref(), before);
        let left = fs::read_dir(folder.path()).expect("a readable folder");
        assert_eq!(left.count(), 1 + usize::from(before.is_some()));
    }
}

#[test]
fn an_image_is_not_written_where_its_manifest_fails() {
    let folder = TempDir::new().expect("a temporary folder");
    let image = folder.path().join("image");
    let failed = || Err(Origin::new(Flag::Out, "").diagnostic("no manifest"));
    assert!(
        Output::new(&image, true, "")
            .write(b"image", failed)
            .is_err()
    );
    assert!(
        Output::new(&image, false, "")
            .write(b"image", failed)
            .is_ok()
    );
    assert!(image.exists());
    assert!(!manifest_path(&image).exists());
}
