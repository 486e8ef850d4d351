// SPDX-License-Identifier: BSD-2-Clause

//! Tests of files that have the format of a device tree, but don't describe a machine.

use std::path::Path;

use expect_test::expect;
use kaal_elfloader_builder::{File, ImageReader};
use proptest::prelude::*;
use vm_fdt::{FdtWriter, FdtWriterResult};

use crate::common::folder::Folder;
use crate::common::formats::ELF;

/// A name as long as `__overlay__`, which `vm-fdt` refuses to write.
const FRAGMENT: &str = "x_overlay__";

/// A file with the nodes of each path in `paths`, and `size` bytes in the last node of each.
fn tree(paths: &[&[&str]], size: usize) -> Vec<u8> {
    let write = || -> FdtWriterResult<Vec<u8>> {
        let mut fdt = FdtWriter::new()?;
        let root = fdt.begin_node("")?;
        fdt.property_string("description", "not a machine")?;
        for path in paths {
            let nodes = path.iter().map(|name| fdt.begin_node(name));
            let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
            fdt.property("data", &vec![0xa5; size])?;
            for node in nodes.into_iter().rev() {
                fdt.end_node(node)?;
            }
        }
        fdt.end_node(root)?;
        fdt.finish()
    };
    let mut file = write().expect("a valid device tree");
    for start in 0..file.len().saturating_sub(FRAGMENT.len()) {
        if file[start..].starts_with(FRAGMENT.as_bytes()) {
            file[start] = b'_';
        }
    }
    file
}

pub(crate) fn overlay() -> Vec<u8> {
    tree(&[&["fragment@0", FRAGMENT]], 4)
}

pub(crate) fn fit() -> Vec<u8> {
    tree(&[&["images", "kernel-1"], &["configurations", "conf-1"]], 4)
}

/// What the builder says of the file `name` as device tree.
fn refused(name: &str, content: Vec<u8>) -> String {
    let folder = Folder::new();
    folder.put(name, content);
    folder.refused(&[("--dtb", name)])
}

#[test]
fn overlay_as_device_tree() {
    expect![[r#"
        error: --dtb uart.dtbo: not the device tree of a machine
          expected: a device tree that describes a machine
          found: a device tree overlay
          help: apply it to the machine's device tree with `fdtoverlay -i BASE -o OUT OVERLAY`, and pass OUT
    "#]]
    .assert_eq(&refused("uart.dtbo", overlay()));
}

#[test]
fn fit_as_device_tree() {
    expect![[r#"
        error: --dtb image.itb: not the device tree of a machine
          expected: a device tree that describes a machine
          found: a FIT image
          help: pass the device tree in it: `dumpimage -l FIT` shows its number N, `dumpimage -T flat_dt -p N -o OUT FIT` extracts it
    "#]]
    .assert_eq(&refused("image.itb", fit()));
}

/// `check` takes the device tree of the firmware.
#[test]
fn firmware_without_a_machine() {
    let folder = Folder::new();
    folder.accepted(&ELF);
    for (file, found) in [(overlay(), "a device tree overlay"), (fit(), "a FIT image")] {
        folder.put("other.dtb", file);
        let output = folder.command(&["check", "image.elf", "--dtb", "other.dtb"]);
        let messages = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(
            messages.contains(&format!("found: {found}\n")),
            "{messages}"
        );
    }
}

/// The `found` line of `inspect`.
fn inspected(content: &[u8]) -> String {
    let path = Path::new("file");
    let error = ImageReader::open(File { path, content }).expect_err("no image");
    error.details().found
}

proptest! {
    /// Nodes around those that tell the kind, and content behind them, make no difference.
    #[test]
    fn kinds_are_told_apart(
        others in prop::collection::vec("[a-z][a-z0-9,]{0,20}", 0..4),
        fragment in "[a-z]{1,10}(@[0-9a-f]{1,3})?",
        size in 0usize..5000,
        missing in 0usize..5000,
    ) {
        let others: Vec<_> = others.iter().map(|name| [name.as_str(), "child"]).collect();
        let others: Vec<_> = others.iter().map(|path| &path[..]).collect();
        let overlay = [fragment.as_str(), FRAGMENT];
        prop_assume!(others.iter().all(|path| !path[0].starts_with("images")));
        for (kind, own, content) in [
            ("a device tree overlay", Some(&overlay[..]), 0),
            ("a FIT image", Some(&["images", "fdt-1"][..]), size),
            ("a flattened device tree", None, size),
        ] {
            let paths: Vec<_> = others.iter().copied().chain(own).collect();
            let mut file = tree(&paths, content);
            prop_assert_eq!(inspected(&file), kind);
            if own.is_some() {
                file.truncate(file.len() - missing.min(content));
            }
            prop_assert_eq!(inspected(&file), kind);
        }
    }
}
