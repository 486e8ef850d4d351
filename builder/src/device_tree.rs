// SPDX-License-Identifier: BSD-2-Clause

//! The device tree that is embedded in the image.

use kaal_machine::{Header, MemoryKind, Node, UnknownConsole};
use kaal_payload::{Cpu, Machine, PhysRange};

use crate::finding::{Finding, Origin};
use crate::ram;

/// Alignment in bytes of a device tree's size
/// (Devicetree Specification v0.4, section 5.6).
const ALIGNMENT: usize = 8;

/// A device tree without its padding, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct DeviceTree {
    /// The flattened device tree.
    pub(crate) blob: Vec<u8>,
    /// What the loader needs to know of the machine.
    pub(crate) machine: Machine,
    /// The cores, the one that boots first.
    pub(crate) cpus: Vec<Cpu>,
    /// RAM without the memory that nobody but its owner may map; `None` where none is named.
    pub(crate) ram: Option<Vec<PhysRange>>,
    /// Other memory that is reserved.
    pub(crate) reserved: Vec<PhysRange>,
    /// Why the loader will have no console, if so.
    pub(crate) no_console: Option<Finding>,
}

impl DeviceTree {
    /// Reads the flattened device tree that `file` holds.
    pub(crate) fn read(origin: Origin<'_>, file: &[u8]) -> Result<Self, Finding> {
        let malformed = |found: String| {
            origin
                .finding("not a well-formed device tree")
                .expected("a flattened device tree (.dtb) of version 17")
                .found(found)
                .remedy("compile it with dtc, or give the kernel.dtb that seL4's build leaves")
        };
        let header = Header::parse(file).map_err(|error| malformed(error.to_string()))?;
        let blob = shrink(file, &header).ok_or_else(|| {
            malformed(format!(
                "{} bytes, of {} that its header names",
                file.len(),
                header.total_size
            ))
        })?;
        let tree =
            kaal_machine::DeviceTree::parse(&blob).map_err(|error| malformed(error.to_string()))?;
        if let Some(node) = kaal_machine::misunderstood(&tree) {
            return Err(misunderstood(origin, node));
        }
        let machine = kaal_machine::machine(&tree);
        let mut cpus: Vec<_> = kaal_machine::cpus(&tree).collect();
        cpus.sort_by_key(|cpu| cpu.mpidr != u64::from(header.boot_cpu));
        let memory = |kind| {
            let memory = kaal_machine::memory(&tree).filter(move |(found, _)| *found == kind);
            memory.map(|(_, memory)| memory)
        };
        let banks = ram::union(memory(MemoryKind::Ram).collect());
        let is_named = !banks.is_empty();
        let ram = is_named.then(|| ram::subtract(banks, memory(MemoryKind::NoMap)));
        let no_console = kaal_machine::console(&tree)
            .err()
            .map(|error| explain(origin, error));
        Ok(Self {
            machine,
            cpus,
            ram,
            reserved: ram::union(memory(MemoryKind::Reserved).collect()),
            no_console,
            blob,
        })
    }
}

/// The device tree without the padding behind its last block: the kernel rounds its size up to a
/// power of two. `None` where `file` ends before the size that the header names.
fn shrink(file: &[u8], header: &Header) -> Option<Vec<u8>> {
    let file = file.get(..header.total_size)?;
    let size = header.used_size();
    let mut blob = Vec::with_capacity(size.next_multiple_of(ALIGNMENT));
    blob.extend_from_slice(file.get(..size)?);
    blob.resize(size.next_multiple_of(ALIGNMENT), 0);
    let size = u32::try_from(blob.len()).ok()?;
    Header::set_total_size(&mut blob, size);
    Some(blob)
}

fn misunderstood(origin: Origin<'_>, node: Node<'_>) -> Finding {
    let name = node.name().escape_ascii();
    let size = node.property(b"reg").unwrap_or_default().len();
    origin
        .finding("can't be understood where it says what is RAM")
        .expected(
            "a `reg` of as many cells as the node's parent says, up to 2^64, and `ranges` in \
             /reserved-memory",
        )
        .found(format!("the node {name} with a `reg` of {size} bytes"))
        .remedy("correct the node in the device tree's source")
}

fn explain(origin: Origin<'_>, error: UnknownConsole<'_>) -> Finding {
    origin
        .finding("names no console that the loader can print on")
        .expected("a /chosen/stdout-path to a UART that the loader knows")
        .found(error.to_string())
        .remedy("set stdout-path; without one the loader stops silently where it has to")
}
