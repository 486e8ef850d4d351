// SPDX-License-Identifier: BSD-2-Clause

//! FIT images of U-Boot (Flat Image Tree specification 0.8): device trees whose properties hold the files to boot.
//!
//! The device tree comes first. If it followed the kernel, U-Boot 2025.01 would move a large kernel over it.

use std::ops::Range;

use kaal_devicetree::{DeviceTree, Header, Place};
use sha2::{Digest, Sha256};
use vm_fdt::FdtWriter;

use super::device_tree::Content;
use super::{Format, head};
use crate::diagnostic::Diagnostic;

const NAME: &str = concat!("KaaL ", env!("CARGO_PKG_VERSION"));

/// The first cell of a property (Devicetree Specification v0.4, section 5.4.1). Its size and the offset of its name
/// follow.
const PROPERTY: u32 = 3;
const CELL: usize = size_of::<u32>();

const KERNEL: &str = "kernel-1";
const TREE: &str = "fdt-1";
const CONFIGURATION: &str = "conf-1";
const SIGNATURE: &str = "signature-1";

/// The content of a FIT image.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    /// The device tree that U-Boot passes; empty if there is none.
    pub(crate) tree: &'a [u8],
    /// The package, an arm64 Linux Image.
    pub(crate) kernel: &'a [u8],
    /// The name of the key that `mkimage` is to sign with.
    pub(crate) key_name: Option<&'a str>,
}

/// Writes a FIT image.
pub(crate) fn write(files: &Files<'_>) -> Result<Vec<u8>, Diagnostic> {
    try_write(files).map_err(|error| {
        Format::Fit
            .origin()
            .diagnostic("can't write the FIT image")
            .expected("at most 4294967295 bytes")
            .found(error.to_string())
            .remedy("choose --compress lz4, or --format image")
    })
}

fn try_write(files: &Files<'_>) -> Result<Vec<u8>, vm_fdt::Error> {
    let mut fit = FdtWriter::new()?;
    let root = fit.begin_node("")?;
    fit.property_string("description", NAME)?;
    // U-Boot demands a time. The same inputs give the same bytes.
    fit.property_u32("timestamp", 0)?;
    fit.property_u32("#address-cells", 1)?;
    let images = fit.begin_node("images")?;
    if !files.tree.is_empty() {
        image(&mut fit, TREE, files.tree, &[("type", "flat_dt")], &[])?;
    }
    // U-Boot moves an Image to a multiple of 2 MiB itself. The numbers are offsets then.
    let texts = [("type", "kernel_noload"), ("os", "linux")];
    let numbers = ["load", "entry"];
    image(&mut fit, KERNEL, files.kernel, &texts, &numbers)?;
    fit.end_node(images)?;

    let configurations = fit.begin_node("configurations")?;
    fit.property_string("default", CONFIGURATION)?;
    let configuration = fit.begin_node(CONFIGURATION)?;
    fit.property_string("description", NAME)?;
    fit.property_string("kernel", KERNEL)?;
    if !files.tree.is_empty() {
        fit.property_string("fdt", TREE)?;
    }
    if let Some(compatible) = compatible(files.tree) {
        fit.property("compatible", &compatible)?;
    }
    if let Some(key_name) = files.key_name {
        let signature = fit.begin_node(SIGNATURE)?;
        fit.property_string("algo", "sha256,rsa2048")?;
        fit.property_string("key-name-hint", key_name)?;
        let signed: &[u8] = match files.tree {
            [] => b"kernel\0",
            _ => b"fdt\0kernel\0",
        };
        fit.property("sign-images", signed)?;
        fit.end_node(signature)?;
    }
    fit.end_node(configuration)?;
    fit.end_node(configurations)?;
    fit.end_node(root)?;
    fit.finish()
}

/// Adds the node `name` with a file and its hash. The `numbers` are 0.
fn image(
    fit: &mut FdtWriter,
    name: &str,
    data: &[u8],
    texts: &[(&str, &str)],
    numbers: &[&str],
) -> Result<(), vm_fdt::Error> {
    let node = fit.begin_node(name)?;
    fit.property("data", data)?;
    fit.property_string("description", NAME)?;
    fit.property_string("arch", "arm64")?;
    fit.property_string("compression", "none")?;
    for (name, text) in texts {
        fit.property_string(name, text)?;
    }
    for name in numbers {
        fit.property_u32(name, 0)?;
    }
    let hash = fit.begin_node("hash-1")?;
    fit.property_string("algo", "sha256")?;
    fit.property("value", &Sha256::digest(data))?;
    fit.end_node(hash)?;
    fit.end_node(node)
}

/// `compatible` of the machine that `tree` describes. U-Boot can choose a configuration by it.
fn compatible(tree: &[u8]) -> Option<Vec<u8>> {
    let tree = DeviceTree::parse(tree).ok()?;
    let root = tree.find(b"/")?;
    Some(root.node().property(b"compatible")?.to_vec())
}

/// Size in bytes of the FIT image that begins with `head`, and the place of the kernel in it. `None` for other files.
///
/// `head` may lack the names of properties. So this looks for a property whose value begins like an arm64 Linux Image.
pub(crate) fn layout(head: &[u8]) -> Option<(u64, Range<usize>)> {
    if Content::of(head) != Some(Content::Fit) {
        return None;
    }
    let size = Header::parse(head).ok()?.total_size();
    let cell = |offset: usize| {
        let bytes = head.get(offset..)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let place = (0..head.len()).step_by(CELL).find_map(|offset| {
        let start = offset + 3 * CELL;
        if cell(offset) != Some(PROPERTY) || !head::is_image(head.get(start..)?) {
            return None;
        }
        Some(start..start.checked_add(cell(offset + CELL)? as usize)?)
    })?;
    (place.end <= size).then_some((size as u64, place))
}

/// The name of the key that the FIT image `file` is to be signed with.
pub(crate) fn key_name(file: &[u8]) -> Option<String> {
    let name = in_signature(file, b"key-name-hint")?;
    String::from_utf8(name.strip_suffix(b"\0")?.to_vec()).ok()
}

/// Whether `mkimage` has signed the FIT image `file`.
pub(crate) fn is_signed(file: &[u8]) -> bool {
    in_signature(file, b"value").is_some()
}

/// The property `name` of the signature.
fn in_signature(file: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let tree = DeviceTree::parse(file).ok()?;
    let path = format!("/configurations/{CONFIGURATION}/{SIGNATURE}");
    let node = tree.find(path.as_bytes())?.node();
    Some(node.property(name)?.to_vec())
}

/// Checks that `file` is the FIT image of `files`. If it is signed, other properties in its signature and another order
/// of bytes are accepted, because `mkimage` rewrites the file.
///
/// # Errors
///
/// Returns the difference.
pub(crate) fn check(file: &[u8], files: &Files<'_>) -> Result<(), String> {
    let expected = try_write(files).map_err(|error| error.to_string())?;
    if expected == file {
        return Ok(());
    }
    if !is_signed(file) {
        let difference = expected
            .iter()
            .zip(file)
            .position(|(one, other)| one != other);
        let difference = difference.unwrap_or(expected.len().min(file.len()));
        return Err(format!("another byte at the offset {difference:#x}"));
    }
    let parse = |file| DeviceTree::parse(file).map_err(|error| error.to_string());
    let trees = [parse(&expected)?, parse(file)?];
    let [mut ours, mut found] = trees.each_ref().map(DeviceTree::walk);
    loop {
        match (ours.next(), found.next()) {
            (None, None) => return Ok(()),
            (Some(ours), Some(found)) if is_same(&ours, &found) => {}
            _ => return Err("other nodes or properties".to_owned()),
        }
    }
}

/// Whether `found` is the node that the builder writes, if need be with a signature.
fn is_same(ours: &Place<'_>, found: &Place<'_>) -> bool {
    let [node, other] = [ours, found].map(Place::node);
    let mut properties = node.properties();
    let is_signature = node.name() == SIGNATURE.as_bytes();
    (ours.depth(), node.name()) == (found.depth(), other.name())
        && properties.all(|property| other.properties().any(|other| other == property))
        && (is_signature || node.properties().count() == other.properties().count())
}

#[cfg(test)]
mod tests {
    use kaal_devicetree::DeviceTree;
    use vm_fdt::FdtWriter;

    use super::{Files, write};

    /// A device tree whose root has `compatible`, if given.
    fn tree(compatible: Option<&str>) -> Vec<u8> {
        let mut tree = FdtWriter::new().unwrap();
        let root = tree.begin_node("").unwrap();
        if let Some(compatible) = compatible {
            tree.property_string("compatible", compatible).unwrap();
        }
        tree.end_node(root).unwrap();
        tree.finish().unwrap()
    }

    /// `compatible` of the configuration with `tree`.
    fn compatible(tree: &[u8]) -> Option<Vec<u8>> {
        let files = Files {
            tree,
            kernel: b"kernel",
            key_name: None,
        };
        let fit = write(&files).unwrap();
        let fit = DeviceTree::parse(&fit).unwrap();
        let configuration = fit.find(b"/configurations/conf-1").unwrap();
        Some(configuration.node().property(b"compatible")?.to_vec())
    }

    #[test]
    fn configurations_are_for_the_machine_of_the_device_tree() {
        let found = compatible(&tree(Some("linux,dummy-virt")));
        assert_eq!(found.as_deref(), Some(&b"linux,dummy-virt\0"[..]));
        assert_eq!(compatible(&tree(None)), None);
        assert_eq!(compatible(b""), None);
    }
}
