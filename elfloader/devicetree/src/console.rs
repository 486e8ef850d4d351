// SPDX-License-Identifier: BSD-2-Clause

//! Finds the console in a device tree.

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use thiserror::Error;

use crate::tree::lists;
use crate::{DeviceTree, Place};

/// Models of UART that work alike. A node also lists models that its own is compatible with, so a name here covers many
/// others (Linux, `Documentation/devicetree/bindings/serial`).
struct Models {
    /// Values of `compatible`, each with a nul at its end. In a program with relocations, an array of strings would
    /// take 40 bytes more for each.
    names: &'static [u8],
    kind: ConsoleKind,
    /// Used if the node has no `reg-shift`.
    register_shift: u8,
    /// Used if the node has no `reg-io-width`.
    access_size: AccessSize,
}

impl Models {
    /// Models whose registers have 32 bits and the same offsets on each board.
    const fn fixed(kind: ConsoleKind, names: &'static [u8]) -> Self {
        Self {
            names,
            kind,
            register_shift: 0,
            access_size: AccessSize::Word,
        }
    }

    /// The console that the node `uart` of these models describes, if its values are valid.
    fn console(&self, uart: &Place<'_>) -> Option<Console> {
        let node = uart.node();
        let mut console = Console {
            kind: self.kind,
            base: uart.reg().next()?.start,
            register_shift: self.register_shift,
            access_size: self.access_size,
        };
        if self.kind == ConsoleKind::Ns8250 {
            let offset = node.number(b"reg-offset").unwrap_or_default();
            console.base = PhysAddr(console.base.0.checked_add(offset)?);
            if let Some(shift) = node.number(b"reg-shift") {
                console.register_shift = u8::try_from(shift).ok()?;
            }
            if let Some(size) = node.number(b"reg-io-width") {
                console.access_size = AccessSize::from_bytes(size)?;
            }
        }
        console.is_sound().then_some(console)
    }
}

/// The UARTs that the loader supports.
static MODELS: [Models; 7] = [
    Models::fixed(ConsoleKind::Pl011, b"arm,pl011\0arm,sbsa-uart\0"),
    // Byte-wide registers without gaps, unless the node says otherwise.
    Models {
        names: b"ns8250\0ns16450\0ns16550\0ns16550a\0snps,dw-apb-uart\0nvidia,tegra20-uart\0\
            nuvoton,npcm750-uart\0",
        kind: ConsoleKind::Ns8250,
        register_shift: 0,
        access_size: AccessSize::Byte,
    },
    // Registers of 32 bits; the bindings don't say so (Linux, `drivers/tty/serial/8250`).
    Models {
        names: b"brcm,bcm2835-aux-uart\0ti,am654-uart\0",
        kind: ConsoleKind::Ns8250,
        register_shift: 2,
        access_size: AccessSize::Word,
    },
    Models::fixed(ConsoleKind::Imx, b"fsl,imx21-uart\0fsl,imx6q-uart\0"),
    Models::fixed(
        ConsoleKind::Lpuart,
        b"fsl,imx7ulp-lpuart\0fsl,imx8qxp-lpuart\0",
    ),
    Models::fixed(
        ConsoleKind::Cadence,
        b"xlnx,xuartps\0cdns,uart-r1p8\0cdns,uart-r1p12\0",
    ),
    Models::fixed(
        ConsoleKind::Meson,
        b"amlogic,meson-uart\0amlogic,meson-gx-uart\0amlogic,meson-ao-uart\0",
    ),
];

/// Why a device tree has no console that the loader supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnknownConsole<'a> {
    /// `/chosen` has no `stdout-path`.
    #[error("/chosen has no stdout-path")]
    NotStated,
    /// `stdout-path` names a node that doesn't exist.
    #[error("stdout-path names {}, which does not exist", .0.escape_ascii())]
    NoSuchNode(&'a [u8]),
    /// The loader doesn't support the node's kind of UART.
    #[error(
        "stdout-path names {} ({}); KaaL supports PL011, 8250, i.MX, LPUART, Cadence and Meson",
        .node.escape_ascii(),
        .compatible.escape_ascii()
    )]
    UnknownKind {
        /// The node's name.
        node: &'a [u8],
        /// The first value of its `compatible`.
        compatible: &'a [u8],
    },
    /// The node has no valid `reg`, or a `reg-shift` or `reg-io-width` that fits no UART.
    #[error(
        "stdout-path names {}, whose reg, reg-shift or reg-io-width is invalid",
        .node.escape_ascii()
    )]
    Registers {
        /// The node's name.
        node: &'a [u8],
    },
}

/// Finds the UART that `stdout-path` of `/chosen` names, by path or by alias. Older trees call the property
/// `linux,stdout-path`.
///
/// # Errors
///
/// Fails with an [`UnknownConsole`] if the loader can't print on it.
pub fn console<'a>(tree: &DeviceTree<'a>) -> Result<Console, UnknownConsole<'a>> {
    let chosen = tree.find(b"/chosen").ok_or(UnknownConsole::NotStated)?;
    let stdout = chosen
        .node()
        .string(b"stdout-path")
        .or_else(|| chosen.node().string(b"linux,stdout-path"))
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
    let node = uart.node();
    let models = node
        .strings(b"compatible")
        .find_map(|found| MODELS.iter().find(|models| lists(models.names, found)))
        .ok_or(UnknownConsole::UnknownKind {
            node: node.name(),
            compatible: node.string(b"compatible").unwrap_or_default(),
        })?;
    models
        .console(&uart)
        .ok_or(UnknownConsole::Registers { node: node.name() })
}
