// SPDX-License-Identifier: BSD-2-Clause

//! The console that a device tree names.

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use thiserror::Error;

use crate::tree::lists;
use crate::{DeviceTree, Place};

/// Models of UART that are used alike. A node also names what its UART is compatible with, so that one name here
/// stands for many (Linux, `Documentation/devicetree/bindings/serial`).
struct Models {
    /// Values of `compatible`, each with a nul behind it: in a program that is relocated, pointers to them would
    /// take 40 bytes each.
    names: &'static [u8],
    kind: ConsoleKind,
    /// Where `reg-shift` isn't stated.
    register_shift: u8,
    /// Where `reg-io-width` isn't stated.
    access_size: AccessSize,
}

impl Models {
    /// A kind that leaves nothing to the board: registers of 32 bits at known offsets.
    const fn fixed(kind: ConsoleKind, names: &'static [u8]) -> Self {
        Self {
            names,
            kind,
            register_shift: 0,
            access_size: AccessSize::Word,
        }
    }

    /// The console that `uart`, a node of these models, describes, if its values make sense.
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

/// The UARTs that the loader can print on.
static MODELS: [Models; 7] = [
    Models::fixed(ConsoleKind::Pl011, b"arm,pl011\0arm,sbsa-uart\0"),
    // Byte-wide registers without gaps, unless the board says otherwise.
    Models {
        names: b"ns8250\0ns16450\0ns16550\0ns16550a\0snps,dw-apb-uart\0nvidia,tegra20-uart\0\
            nuvoton,npcm750-uart\0",
        kind: ConsoleKind::Ns8250,
        register_shift: 0,
        access_size: AccessSize::Byte,
    },
    // Registers of 32 bits, which the bindings don't mention (Linux, `drivers/tty/serial/8250`).
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

/// Why a device tree gives no console that the loader can print on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnknownConsole<'a> {
    /// There is no `/chosen/stdout-path`.
    #[error("/chosen has no stdout-path")]
    NotStated,
    /// `stdout-path` names a node that isn't there.
    #[error("stdout-path names {}, which does not exist", .0.escape_ascii())]
    NoSuchNode(&'a [u8]),
    /// The node is of a kind that the loader doesn't know.
    #[error(
        "stdout-path names {} ({}), known are PL011, 8250, i.MX, LPUART, Cadence and Meson",
        .node.escape_ascii(),
        .compatible.escape_ascii()
    )]
    UnknownKind {
        /// The node's name.
        node: &'a [u8],
        /// The first of its `compatible`.
        compatible: &'a [u8],
    },
    /// The node has no usable `reg`, or a `reg-shift` or `reg-io-width` that fits no UART.
    #[error(
        "stdout-path names {}, whose reg, reg-shift and reg-io-width make no sense",
        .node.escape_ascii()
    )]
    Registers {
        /// The node's name.
        node: &'a [u8],
    },
}

/// The UART that `stdout-path` of `/chosen` names, by path or by alias; in older trees, its name
/// is `linux,stdout-path`.
///
/// # Errors
///
/// Returns an [`UnknownConsole`] where the loader couldn't print on it.
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
