// SPDX-License-Identifier: BSD-2-Clause

//! Answers that the boot needs from a device tree.

use core::fmt;

use kaal_payload::{AccessSize, Console, ConsoleKind, Gic, Machine, PsciConduit};

use crate::{DeviceTree, Place};

/// Values of `compatible` by kind of UART.
const UARTS: [(&[u8], ConsoleKind); 1] = [(b"arm,pl011", ConsoleKind::Pl011)];

/// Values of `compatible` of GICv2 interrupt controllers.
const GIC_V2: &[u8] = b"arm,cortex-a15-gic\0arm,cortex-a7-gic\0arm,cortex-a9-gic\0arm,gic-400";

/// The value of `compatible` of GICv3 and GICv4 interrupt controllers.
const GIC_V3: &[u8] = b"arm,gic-v3";

/// Values of `compatible` of PSCI versions that can power the machine off.
const PSCI: &[u8] = b"arm,psci-0.2\0arm,psci-1.0";

/// Why a device tree gives no console that the loader can print on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownConsole<'a> {
    /// There is no `/chosen/stdout-path`.
    NotStated,
    /// `stdout-path` names a node that isn't there.
    NoSuchNode(&'a [u8]),
    /// The node is of a kind that the loader doesn't know, or has no usable `reg`.
    UnknownKind {
        /// The node's name.
        node: &'a [u8],
        /// The first of its `compatible`.
        compatible: &'a [u8],
    },
}

impl fmt::Display for UnknownConsole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStated => write!(f, "/chosen has no stdout-path"),
            Self::NoSuchNode(path) => {
                let path = path.escape_ascii();
                write!(f, "stdout-path names {path}, which does not exist")
            }
            Self::UnknownKind { node, compatible } => {
                let (node, compatible) = (node.escape_ascii(), compatible.escape_ascii());
                write!(f, "stdout-path names {node} ({compatible}), known are")?;
                UARTS
                    .iter()
                    .try_for_each(|(known, _)| write!(f, " {}", known.escape_ascii()))
            }
        }
    }
}

/// The UART that `/chosen/stdout-path` names, by path or by alias.
///
/// # Errors
///
/// Returns an [`UnknownConsole`] where the loader couldn't print on it.
pub fn console<'a>(tree: &DeviceTree<'a>) -> Result<Console, UnknownConsole<'a>> {
    let stdout = tree
        .find(b"/chosen")
        .and_then(|chosen| chosen.node().string(b"stdout-path"))
        .ok_or(UnknownConsole::NotStated)?;
    let name = stdout
        .split(|&byte| byte == b':')
        .next()
        .unwrap_or_default();
    let path = if name.starts_with(b"/") {
        name
    } else {
        tree.find(b"/aliases")
            .and_then(|aliases| aliases.node().string(name))
            .ok_or(UnknownConsole::NoSuchNode(name))?
    };
    let uart = tree.find(path).ok_or(UnknownConsole::NoSuchNode(path))?;
    let kind = UARTS
        .iter()
        .find(|(compatible, _)| uart.node().is_compatible(compatible));
    match (kind, uart.reg().next()) {
        (Some(&(_, kind)), Some(registers)) => Ok(Console {
            kind,
            base: registers.start,
            register_shift: 0,
            access_size: AccessSize::Word,
        }),
        _ => Err(UnknownConsole::UnknownKind {
            node: uart.node().name(),
            compatible: uart.node().string(b"compatible").unwrap_or_default(),
        }),
    }
}

/// What the loader needs to know of the machine.
pub fn machine(tree: &DeviceTree<'_>) -> Machine {
    let mut machine = Machine {
        console: console(tree).ok(),
        ..Machine::default()
    };
    for place in tree.walk() {
        if place.node().is_compatible(PSCI) {
            machine.psci = match place.node().string(b"method") {
                Some(b"smc") => Some(PsciConduit::Smc),
                Some(b"hvc") => Some(PsciConduit::Hvc),
                _ => None,
            };
        } else if let Some(gic) = gic(&place) {
            machine.gic = Some(gic);
        }
    }
    machine
}

fn gic(place: &Place<'_>) -> Option<Gic> {
    let is_v3 = place.node().is_compatible(GIC_V3);
    if !is_v3 && !place.node().is_compatible(GIC_V2) {
        return None;
    }
    let mut registers = place.reg();
    let (distributor, cores) = (registers.next()?.start, registers.next()?.start);
    Some(match is_v3 {
        true => Gic::V3 {
            distributor,
            redistributors: cores,
        },
        false => Gic::V2 {
            distributor,
            cpu_interface: cores,
        },
    })
}
