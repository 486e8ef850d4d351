// SPDX-License-Identifier: BSD-2-Clause

//! Reads the device tree to embed.

use kaal_devicetree::{
    Chosen, Facts, FactsError, Header, MemoryKind, Misunderstanding, NoRoom, Node, Place, TooMany,
    TreeError, UnknownConsole,
};
use kaal_payload::{Cpu, Machine, Measurement, PhysRange};

use super::core_nodes::{self, CoreNode, ReleaseWord};
use super::no_map::{self, NoMap};
use crate::diagnostic::{Diagnostic, Origin};
use crate::files::kind::FileKind;
use crate::format::cores;
use crate::format::device_tree::{Content, MAGIC};
use crate::memory::ranges;

/// A device tree and the facts in it.
#[derive(Clone, Debug)]
pub(crate) struct DeviceTree<'a> {
    pub(crate) origin: Origin<'a>,
    tree: kaal_devicetree::DeviceTree<'a>,
    /// Size in bytes after [`Self::complete`].
    pub(crate) size: u64,
    /// The loader's facts about the machine.
    pub(crate) machine: Machine,
    /// `boot_cpuid_phys`, the `reg` of the core that boots.
    pub(crate) boot_core: u32,
    /// The cores. The boot core comes first.
    pub(crate) cpus: Vec<Cpu>,
    /// The nodes of all usable cores, in the order of the tree, also of those that `cpus` lacks because their way to
    /// start is incomplete.
    pub(crate) core_nodes: Vec<CoreNode>,
    /// RAM without `no-map` memory; `None` if the tree names no RAM.
    pub(crate) ram: Option<Vec<PhysRange>>,
    /// The first memory node, if the tree names no RAM but has such nodes.
    pub(crate) unused_memory: Option<UnusedMemory>,
    /// Memory that only its owner may access.
    pub(crate) no_map: Vec<NoMap>,
    /// Other reserved memory.
    pub(crate) reserved: Vec<PhysRange>,
    /// Why the loader has no console, or perhaps none.
    pub(crate) console_warning: Option<Diagnostic>,
}

/// A memory node that names no RAM.
#[derive(Clone, Debug)]
pub(crate) struct UnusedMemory {
    pub(crate) node: String,
    pub(crate) reason: &'static str,
    pub(crate) remedy: &'static str,
}

impl UnusedMemory {
    /// Reads `place` if it is a memory node that may name no RAM.
    fn read(place: &Place<'_>) -> Option<Self> {
        let (reason, remedy) = match place.memory_kind() {
            Some(MemoryKind::Ram) => (
                "without RAM, which firmware fills in at boot",
                "pass the platform_gen.yaml of seL4's build as --platform, or a device tree with the \
                 RAM, such as /sys/firmware/fdt of a Linux on this machine",
            ),
            _ if !place.is_at(b"/memory") => return None,
            _ if place.is_operational() => (
                "without device_type = \"memory\", which marks RAM",
                "add the property to the device tree's source, or pass a --platform",
            ),
            _ => (
                "whose status isn't \"okay\"",
                "enable the node in the device tree's source, or pass a --platform",
            ),
        };
        Some(Self {
            node: place.node().name().escape_ascii().to_string(),
            reason,
            remedy,
        })
    }
}

impl<'a> DeviceTree<'a> {
    /// Reads the flattened device tree in `file`. Its size will include `boot_arguments`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is malformed, or names RAM in an unknown way.
    pub(crate) fn read(
        origin: Origin<'a>,
        file: &'a [u8],
        boot_arguments: &[u8],
    ) -> Result<Self, Diagnostic> {
        let malformed = |found: String| {
            origin
                .diagnostic("not a well-formed device tree")
                .expected("a flattened device tree (.dtb) of version 17")
                .found(found)
                .remedy("compile it with dtc, or pass the kernel.dtb of seL4's build")
        };
        let header = Header::parse(file).map_err(|error| match file.starts_with(MAGIC) {
            true => malformed(error.to_string()),
            false => FileKind::of(file).found_by(malformed(String::new())),
        })?;
        let size = header.total_size();
        let file = file
            .get(..size)
            .ok_or_else(|| malformed(format!("{} bytes, but {size} by its header", file.len())))?;
        match Content::of(file) {
            None | Some(Content::Machine) => {}
            Some(other) => return Err(not_of_a_machine(origin, other)),
        }
        let (tree, facts) = Facts::parse(file).map_err(|error| match error {
            FactsError::Malformed(TreeError::Misplaced { .. }) => misplaced(origin, &header, file),
            FactsError::Malformed(error) => malformed(error.to_string()),
            FactsError::TooMany(list) => too_many(origin, list),
        })?;
        if let Some((node, why)) = kaal_devicetree::misunderstood(&tree) {
            return Err(misunderstood(origin, node, why));
        }
        let banks = ranges::union(facts.memory_of(MemoryKind::Ram).collect());
        let is_named = !banks.is_empty();
        let unused_memory = tree.walk().find_map(|place| UnusedMemory::read(&place));
        let ram = is_named.then(|| ranges::subtract(banks, facts.memory_of(MemoryKind::NoMap)));
        let console_warning = match kaal_devicetree::console(&tree) {
            Ok(_) => disabled_console(origin, &tree),
            Err(error) => Some(explain(origin, error)),
        };
        let no_map = no_map::read(&tree);
        let core_nodes = core_nodes::read(&tree, facts.machine.psci);
        let chosen = Chosen {
            measurement: &Measurement::default(),
            boot_arguments,
        };
        let mut read = Self {
            origin,
            tree,
            size: 0,
            machine: facts.machine,
            boot_core: header.boot_cpu(),
            cpus: cores::in_order(&header, &facts),
            core_nodes,
            ram,
            unused_memory: unused_memory.filter(|_| !is_named),
            no_map,
            reserved: ranges::union(facts.memory_of(MemoryKind::Reserved).collect()),
            console_warning,
        };
        read.size = read.complete(&chosen)?.len() as u64;
        Ok(read)
    }

    /// The words that cores poll, also those that the kernel doesn't wait for: a core that finds other content there
    /// jumps to it.
    pub(crate) fn release_words(&self) -> Vec<ReleaseWord> {
        self.core_nodes.iter().filter_map(CoreNode::word).collect()
    }

    /// The device tree with the image's properties in `/chosen`. It has no padding, because the
    /// kernel rounds its size up to a power of two.
    pub(crate) fn complete(&self, chosen: &Chosen<'_>) -> Result<Vec<u8>, Diagnostic> {
        let size = match chosen.write(&self.tree, &mut []) {
            Ok(size) | Err(NoRoom { needed: size }) => size,
        };
        let mut blob = vec![0; size];
        match chosen.write(&self.tree, &mut blob) {
            Ok(_) => Ok(blob),
            Err(_) => Err(self
                .origin
                .diagnostic("too large, with the properties added to /chosen")
                .expected("less than 4 GiB")
                .found(format!("{size} bytes"))
                .remedy("pass the device tree of the machine")),
        }
    }
}

fn not_of_a_machine(origin: Origin<'_>, content: Content) -> Diagnostic {
    origin
        .diagnostic("not the device tree of a machine")
        .expected("a device tree that describes a machine")
        .found(content.name())
        .remedy(match content {
            Content::Overlay => {
                "apply it to the machine's device tree with `fdtoverlay -i BASE -o OUT OVERLAY`, and pass OUT"
            }
            _ => {
                "pass the device tree in it: `dumpimage -l FIT` shows its number N, `dumpimage -T \
                 flat_dt -p N -o OUT FIT` extracts it"
            }
        })
}

fn too_many(origin: Origin<'_>, list: TooMany) -> Diagnostic {
    origin
        .diagnostic("names more than KaaL can list")
        .expected(format!("at most {}", list.limit()))
        .found("more")
        .remedy("remove those that seL4 doesn't need from the device tree's source")
}

fn misplaced(origin: Origin<'_>, header: &Header, file: &[u8]) -> Diagnostic {
    let tree = kaal_devicetree::DeviceTree::unchecked(header.clone(), file);
    let name = tree.misplaced().map_or(&b""[..], |property| property.name);
    let found = format!("the property {} behind a subnode", name.escape_ascii());
    origin
        .diagnostic("has a property that most readers ignore")
        .expected("all properties of a node before its subnodes")
        .found(found)
        .remedy("put them in order with `dtc -I dtb -O dtb -o OUT FILE`, and pass OUT")
}

fn misunderstood(origin: Origin<'_>, node: Node<'_>, why: Misunderstanding) -> Diagnostic {
    let name = node.name().escape_ascii();
    origin
        .diagnostic("describes RAM in an unknown way")
        .expected(
            "a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in \
             /reserved-memory",
        )
        .found(match why {
            Misunderstanding::OtherSize { size, entry } => format!(
                "the node {name} with a `reg` of {size} bytes, but entries of {entry} bytes by \
                 #address-cells and #size-cells"
            ),
            Misunderstanding::NotPassedOn => {
                format!("the node {name}, whose parent has no `ranges` for it")
            }
            Misunderstanding::TooHigh => format!("the node {name} beyond 2^64"),
        })
        .remedy("correct the node in the device tree's source")
}

fn explain(origin: Origin<'_>, error: UnknownConsole<'_>) -> Diagnostic {
    origin
        .diagnostic("names no console for the loader")
        .expected("a /chosen/stdout-path to a supported UART")
        .found(error.to_string())
        .remedy("set stdout-path; without a console, the loader prints no errors")
}

/// The warning about a console whose node is disabled.
fn disabled_console(
    origin: Origin<'_>,
    tree: &kaal_devicetree::DeviceTree<'_>,
) -> Option<Diagnostic> {
    let uart = kaal_devicetree::stdout(tree).filter(|uart| !uart.is_operational())?;
    let node = uart.node();
    let status = node.string(b"status").unwrap_or_default();
    let found = format!(
        "{} with the `status` {}",
        node.name().escape_ascii(),
        status.escape_ascii()
    );
    let diagnostic = origin
        .diagnostic("names a disabled UART as console")
        .expected("a /chosen/stdout-path to a UART whose `status` is okay")
        .found(found)
        .remedy(
            "name another UART, or enable this one; the loader prints on it all the same, and may \
             stop without a message if it is off or belongs to other software",
        );
    Some(diagnostic)
}
