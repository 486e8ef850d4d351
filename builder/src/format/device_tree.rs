// SPDX-License-Identifier: BSD-2-Clause

//! Tells the kinds of files apart that have the format of a flattened device tree.

use kaal_devicetree::{DeviceTree, Header};

/// First bytes of a flattened device tree (Devicetree Specification, section 5.2).
pub(crate) const MAGIC: &[u8] = b"\xd0\x0d\xfe\xed";

/// The content of a flattened device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A machine's description.
    Machine,
    /// Changes to another device tree (Linux, `Documentation/devicetree/overlay-notes.rst`).
    Overlay,
    /// Other files, for a boot loader (Flat Image Tree specification).
    Fit,
}

impl Content {
    /// The content of the flattened device tree that begins with `head`. `None` if it doesn't begin like one.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let header = Header::parse(head).ok()?;
        // The names of properties may lie behind `head`, those of nodes don't.
        let tree = DeviceTree::unchecked(header, head);
        let is_fragment = |name: &[u8]| name == b"__overlay__";
        let mut nodes = tree.walk();
        Some(if tree.find(b"/images").is_some() {
            Self::Fit
        } else if nodes.any(|place| place.depth() == 3 && is_fragment(place.node().name())) {
            Self::Overlay
        } else {
            Self::Machine
        })
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Machine => "a flattened device tree",
            Self::Overlay => "a device tree overlay",
            Self::Fit => "a FIT image",
        }
    }
}
