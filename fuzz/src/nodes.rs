// SPDX-License-Identifier: BSD-2-Clause

//! Generates device trees that are well-formed but otherwise hostile.
//!
//! Most changes to a tree's bytes make it malformed, and a reader refuses that before it looks at any node.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};

/// The parts of a tree.
#[derive(Arbitrary, Debug)]
pub(crate) struct Tree {
    reservations: Vec<(Number, Number)>,
    boot_cpu: u8,
    items: Vec<Item>,
}

/// An item of the structure block.
#[derive(Arbitrary, Debug)]
enum Item {
    Begin(Word),
    Property(Word, Value),
    End,
    Nothing,
}

/// The value of a property.
#[derive(Arbitrary, Debug)]
enum Value {
    Words(Vec<Word>),
    Numbers(Vec<Number>),
    Cells(Vec<u8>),
    Bytes(Vec<u8>),
}

/// A name or string; often one that a reader looks for.
#[derive(Debug)]
struct Word(Vec<u8>);

/// A number; often one with a meaning.
#[derive(Debug)]
struct Number(u64);

const WORDS: [&str; 60] = [
    "",
    "#address-cells",
    "#size-cells",
    "/chosen",
    "/serial@9000000",
    "/soc/serial",
    "aliases",
    "arm,gic-400",
    "arm,gic-v3",
    "arm,pl011",
    "arm,psci-1.0",
    "bootargs",
    "chosen",
    "compatible",
    "cpu",
    "cpu-release-addr",
    "cpu@0",
    "cpu@1",
    "cpus",
    "device_type",
    "disabled",
    "enable-method",
    "hvc",
    "interrupt-parent",
    "interrupts",
    "#interrupt-cells",
    "interrupts-extended",
    "interrupt-controller",
    "phandle",
    "intc@8000000",
    "kaal,measurement",
    "kaal,version",
    "linux,stdout-path",
    "memory",
    "memory@40000000",
    "memory@80000000",
    "method",
    "no-map",
    "ns16550a",
    "okay",
    "psci",
    "ranges",
    "reg",
    "reg-io-width",
    "reg-offset",
    "reg-shift",
    "region@1",
    "region@2",
    "reserved-memory",
    "serial0",
    "serial0:115200n8",
    "serial@9000000",
    "smc",
    "soc",
    "spin-table",
    "status",
    "stdout-path",
    "uart@0",
    "brcm,bcm2835-aux-uart",
    "fsl,imx6q-uart",
];

const NUMBERS: [u64; 16] = [
    0,
    1,
    2,
    0x1000,
    0x800_0000,
    0x900_0000,
    0x3fff_f000,
    0x4000_0000,
    0x4023_d000,
    0x4080_0000,
    0x8000_0000,
    0x80_0000,
    0x7f_c000_0000,
    0xffff_ffff,
    1 << 63,
    u64::MAX,
];

impl<'a> Arbitrary<'a> for Word {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let index = bytes.arbitrary::<u8>()?;
        Ok(Self(match WORDS.get(usize::from(index)) {
            Some(word) => word.as_bytes().to_vec(),
            None => bytes
                .arbitrary::<&[u8]>()?
                .iter()
                .copied()
                .filter(|&byte| byte != 0)
                .collect(),
        }))
    }
}

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let index = bytes.arbitrary::<u8>()?;
        Ok(Self(match NUMBERS.get(usize::from(index)) {
            Some(&number) => number,
            None => bytes.arbitrary()?,
        }))
    }
}

impl Value {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Words(words) => words
                .iter()
                .flat_map(|word| word.0.iter().copied().chain([0]))
                .collect(),
            Self::Numbers(numbers) => numbers.iter().flat_map(|n| n.0.to_be_bytes()).collect(),
            Self::Cells(cells) => cells
                .iter()
                .flat_map(|&cell| u32::from(cell).to_be_bytes())
                .collect(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

const HEADER_SIZE: usize = 40;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

impl Tree {
    /// The flattened device tree: a root with all items that nest properly.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut strings = Strings::default();
        let mut structure = Vec::new();
        let mut depth = 1usize;
        begin(&mut structure, b"");
        for item in &self.items {
            match item {
                Item::Begin(name) => {
                    depth += 1;
                    begin(&mut structure, &name.0);
                }
                Item::Property(name, value) => {
                    let value = value.to_bytes();
                    let name = strings.offset(&name.0);
                    for word in [PROPERTY, value.len() as u32, name] {
                        structure.extend(word.to_be_bytes());
                    }
                    put(&mut structure, &value);
                }
                Item::End if depth > 1 => {
                    depth -= 1;
                    structure.extend(END_NODE.to_be_bytes());
                }
                Item::End | Item::Nothing => structure.extend(NOP.to_be_bytes()),
            }
        }
        for _ in 0..depth {
            structure.extend(END_NODE.to_be_bytes());
        }
        structure.extend(END.to_be_bytes());
        self.flatten(&structure, &strings.bytes)
    }

    fn flatten(&self, structure: &[u8], strings: &[u8]) -> Vec<u8> {
        let reservations = self
            .reservations
            .iter()
            .map(|(start, size)| [start.0, size.0]);
        let reservations: Vec<u8> = reservations
            .chain([[0, 0]])
            .flatten()
            .flat_map(u64::to_be_bytes)
            .collect();
        let structure_start = HEADER_SIZE + reservations.len();
        let strings_start = structure_start + structure.len();
        let header = [
            0xd00d_feed,
            (strings_start + strings.len()) as u32,
            structure_start as u32,
            strings_start as u32,
            HEADER_SIZE as u32,
            17,
            16,
            u32::from(self.boot_cpu),
            strings.len() as u32,
            structure.len() as u32,
        ];
        let mut blob: Vec<u8> = header.into_iter().flat_map(u32::to_be_bytes).collect();
        for block in [&reservations, structure, strings] {
            blob.extend(block);
        }
        blob
    }
}

fn begin(structure: &mut Vec<u8>, name: &[u8]) {
    structure.extend(BEGIN_NODE.to_be_bytes());
    put(structure, &[name, b"\0"].concat());
}

/// Adds `bytes` and zeroes up to the next token.
fn put(structure: &mut Vec<u8>, bytes: &[u8]) {
    structure.extend(bytes);
    structure.resize(structure.len().next_multiple_of(4), 0);
}

/// The strings block, which holds each name once.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    offsets: BTreeMap<Vec<u8>, u32>,
}

impl Strings {
    fn offset(&mut self, name: &[u8]) -> u32 {
        if let Some(&offset) = self.offsets.get(name) {
            return offset;
        }
        let offset = self.bytes.len() as u32;
        self.bytes.extend(name);
        self.bytes.push(0);
        self.offsets.insert(name.to_vec(), offset);
        offset
    }
}
