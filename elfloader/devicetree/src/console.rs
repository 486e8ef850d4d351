// SPDX-License-Identifier: BSD-2-Clause

//! The console that a device tree names.

use core::fmt;

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};

use crate::{DeviceTree, Place};

/// Bytes of the longest name in [`MODELS`].
const NAME_SIZE: usize = 21;

/// A model of UART. It holds its name instead of pointing to it: in a program that is relocated,
/// a pointer takes 40 bytes.
struct Model {
    /// A value of `compatible`, with nuls behind it.
    name: [u8; NAME_SIZE],
    kind: ConsoleKind,
    /// Where `reg-shift` isn't stated.
    register_shift: u8,
    /// Where `reg-io-width` isn't stated.
    access_size: AccessSize,
}

impl Model {
    const fn new(name: &str, kind: ConsoleKind, shift: u8, access_size: AccessSize) -> Self {
        let mut padded = [0; NAME_SIZE];
        padded
            .split_at_mut(name.len())
            .0
            .copy_from_slice(name.as_bytes());
        Self {
            name: padded,
            kind,
            register_shift: shift,
            access_size,
        }
    }

    /// A kind that leaves nothing to the board: registers of 32 bits at known offsets.
    const fn fixed(name: &str, kind: ConsoleKind) -> Self {
        Self::new(name, kind, 0, AccessSize::Word)
    }

    /// An 8250 of byte-wide registers without gaps, unless the board says otherwise.
    const fn bytes(name: &str) -> Self {
        Self::new(name, ConsoleKind::Ns8250, 0, AccessSize::Byte)
    }

    /// An 8250 of registers of 32 bits, which its binding doesn't mention.
    const fn words(name: &str) -> Self {
        Self::new(name, ConsoleKind::Ns8250, 2, AccessSize::Word)
    }

    fn name(&self) -> &[u8] {
        let mut names = self.name.split(|&byte| byte == 0);
        names.next().unwrap_or_default()
    }

    /// The console that `uart`, a node of this model, describes, if its values make sense.
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

/// The UARTs that the loader can print on (Linux, `Documentation/devicetree/bindings/serial`; for
/// [`Model::words`], `drivers/tty/serial/8250`). A node also names what its UART is compatible
/// with, so that one name here stands for many.
static MODELS: [Model; 21] = [
    Model::fixed("arm,pl011", ConsoleKind::Pl011),
    Model::fixed("arm,sbsa-uart", ConsoleKind::Pl011),
    Model::bytes("ns8250"),
    Model::bytes("ns16450"),
    Model::bytes("ns16550"),
    Model::bytes("ns16550a"),
    Model::bytes("snps,dw-apb-uart"),
    Model::bytes("nvidia,tegra20-uart"),
    Model::bytes("nuvoton,npcm750-uart"),
    Model::words("brcm,bcm2835-aux-uart"),
    Model::words("ti,am654-uart"),
    Model::fixed("fsl,imx21-uart", ConsoleKind::Imx),
    Model::fixed("fsl,imx6q-uart", ConsoleKind::Imx),
    Model::fixed("fsl,imx7ulp-lpuart", ConsoleKind::Lpuart),
    Model::fixed("fsl,imx8qxp-lpuart", ConsoleKind::Lpuart),
    Model::fixed("xlnx,xuartps", ConsoleKind::Cadence),
    Model::fixed("cdns,uart-r1p8", ConsoleKind::Cadence),
    Model::fixed("cdns,uart-r1p12", ConsoleKind::Cadence),
    Model::fixed("amlogic,meson-uart", ConsoleKind::Meson),
    Model::fixed("amlogic,meson-gx-uart", ConsoleKind::Meson),
    Model::fixed("amlogic,meson-ao-uart", ConsoleKind::Meson),
];

/// Why a device tree gives no console that the loader can print on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownConsole<'a> {
    /// There is no `/chosen/stdout-path`.
    NotStated,
    /// `stdout-path` names a node that isn't there.
    NoSuchNode(&'a [u8]),
    /// The node is of a kind that the loader doesn't know.
    UnknownKind {
        /// The node's name.
        node: &'a [u8],
        /// The first of its `compatible`.
        compatible: &'a [u8],
    },
    /// The node has no usable `reg`, or a `reg-shift` or `reg-io-width` that fits no UART.
    Registers {
        /// The node's name.
        node: &'a [u8],
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
                write!(
                    f,
                    "stdout-path names {node} ({compatible}), known are PL011, 8250, i.MX, \
                     LPUART, Cadence and Meson"
                )
            }
            Self::Registers { node } => {
                let node = node.escape_ascii();
                write!(
                    f,
                    "stdout-path names {node}, whose reg, reg-shift and reg-io-width make no sense"
                )
            }
        }
    }
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
    let model = node
        .strings(b"compatible")
        .find_map(|compatible| MODELS.iter().find(|model| model.name() == compatible))
        .ok_or(UnknownConsole::UnknownKind {
            node: node.name(),
            compatible: node.string(b"compatible").unwrap_or_default(),
        })?;
    model
        .console(&uart)
        .ok_or(UnknownConsole::Registers { node: node.name() })
}
