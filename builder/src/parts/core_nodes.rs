// SPDX-License-Identifier: BSD-2-Clause

//! Reads from a device tree how each core is started.

use std::fmt;

use kaal_devicetree::{DeviceTree, Node, Place};
use kaal_payload::{PhysAddr, PhysRange, PsciConduit};

/// A usable core's node in `/cpus`.
#[derive(Clone, Debug)]
pub(crate) struct CoreNode {
    pub(crate) name: String,
    pub(crate) mpidr: u64,
    pub(crate) way: Way,
}

/// How a core is started.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// The firmware starts it.
    Psci,
    /// It polls this word for an address (spin-table).
    Word(PhysRange),
    /// It polls a word, but this is in place of its address.
    UnknownWord(&'static str),
    /// The loader can't use its `enable-method`, because of this.
    Unusable(String),
    /// There is no firmware to start it, as on QEMU's virt machine with EL3: all cores enter the loader at once.
    OnlyAtEl3,
}

/// The word that a core polls for an address. Displayed with the core's name.
#[derive(Clone, Debug)]
pub(crate) struct ReleaseWord {
    core: String,
    pub(crate) memory: PhysRange,
}

impl fmt::Display for ReleaseWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { core, memory } = self;
        write!(f, "{memory}, the word that {core} polls (cpu-release-addr)")
    }
}

impl CoreNode {
    /// The word that the core polls.
    pub(crate) fn word(&self) -> Option<ReleaseWord> {
        match self.way {
            Way::Word(memory) => Some(ReleaseWord {
                core: self.name.clone(),
                memory,
            }),
            _ => None,
        }
    }
}

/// The usable cores of `tree` with a valid `reg`, whose PSCI is called by `psci`.
pub(crate) fn read(tree: &DeviceTree<'_>, psci: Option<PsciConduit>) -> Vec<CoreNode> {
    let usable = tree.walk().filter(Place::is_usable_core);
    let nodes = usable.filter_map(|place| {
        Some(CoreNode {
            name: place.node().name().escape_ascii().to_string(),
            mpidr: place.id()?,
            way: way(tree, &place, psci),
        })
    });
    nodes.collect()
}

fn way(tree: &DeviceTree<'_>, core: &Place<'_>, psci: Option<PsciConduit>) -> Way {
    let node = core.node();
    let mut methods = node.strings(b"enable-method");
    if methods.any(|method| method == b"spin-table") {
        return match core.number(b"cpu-release-addr") {
            None => Way::UnknownWord("none"),
            Some(0) => Way::UnknownWord("0, which the firmware replaces"),
            Some(address) => Way::Word(word_at(address)),
        };
    }
    if psci.is_some() {
        return Way::Psci;
    }
    let stated = node.property(b"enable-method");
    let method = list(&node, b"enable-method");
    match (unusable_psci(tree), stated) {
        (Some(psci), _) => Way::Unusable(format!("enable-method {method}, and {psci}")),
        (None, None | Some(b"psci\0")) => Way::OnlyAtEl3,
        (None, Some(_)) => Way::Unusable(format!("enable-method {method}, and no PSCI")),
    }
}

/// Describes the PSCI of `tree`, if the loader can't use it.
fn unusable_psci(tree: &DeviceTree<'_>) -> Option<String> {
    let mut nodes = tree.walk().map(|place| place.node());
    let psci = nodes.find(|node| {
        let mut models = node.strings(b"compatible");
        models.any(|model| model.starts_with(b"arm,psci"))
    })?;
    let (models, method) = (list(&psci, b"compatible"), list(&psci, b"method"));
    Some(format!("PSCI with compatible {models}, method {method}"))
}

/// The strings in the property `name`.
fn list(node: &Node<'_>, name: &[u8]) -> String {
    let strings = node.strings(name);
    let strings: Vec<_> = strings
        .map(|string| string.escape_ascii().to_string())
        .collect();
    match strings.is_empty() {
        true => "none".to_owned(),
        false => strings.join(" "),
    }
}

/// The memory of the word at `address`, up to the end of the address space.
fn word_at(address: u64) -> PhysRange {
    let end = address.saturating_add(size_of::<u64>() as u64);
    (PhysAddr(address)..PhysAddr(end)).into()
}
