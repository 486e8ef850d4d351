// SPDX-License-Identifier: BSD-2-Clause

//! Finds the console in a device tree.

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use thiserror::Error;

use crate::text::{self, first};
use crate::{DeviceTree, Place};

/// Models of UART that work alike. A node also lists models that its own is compatible with, so a name here covers many
/// others (Linux, `Documentation/devicetree/bindings/serial`).
struct Models {
    kind: ConsoleKind,
    /// Used if the node has no `reg-shift`.
    register_shift: u8,
    /// Used if the node has no `reg-io-width`.
    access_size: AccessSize,
    /// How many of [`NAMES`] are theirs.
    count: u8,
}

impl Models {
    /// The models that the first known name in `compatible` belongs to.
    fn find(compatible: &[u8]) -> Option<&'static Self> {
        let mut index = text::find(NAMES.as_bytes(), compatible)?;
        MODELS.iter().find(|models| {
            let others = index.checked_sub(models.count.into());
            index = others.unwrap_or_default();
            others.is_none()
        })
    }

    /// The console that the node `uart` of these models describes, if its values are valid.
    fn console(&self, uart: &Place<'_>) -> Option<Console> {
        let mut console = Console {
            kind: self.kind,
            base: uart.reg().next()?.start,
            register_shift: self.register_shift,
            access_size: self.access_size,
        };
        if self.kind == ConsoleKind::Ns8250 {
            let offset = uart.number(b"reg-offset").unwrap_or_default();
            console.base = PhysAddr(console.base.0.checked_add(offset)?);
            if let Some(shift) = uart.number(b"reg-shift") {
                console.register_shift = u8::try_from(shift).ok()?;
            }
            if let Some(size) = uart.number(b"reg-io-width") {
                console.access_size = AccessSize::from_bytes(size)?;
            }
        }
        console.is_sound().then_some(console)
    }
}

/// Defines [`MODELS`] and [`NAMES`].
macro_rules! models {
    ($( $kind:ident, $shift:literal, $size:ident: $( $name:literal )+; )+) => {
        /// The UARTs that the loader supports.
        static MODELS: &[Models] = &[$(
            Models {
                kind: ConsoleKind::$kind,
                register_shift: $shift,
                access_size: AccessSize::$size,
                count: [$( $name ),+].len() as u8,
            },
        )+];

        /// The values of `compatible` of all [`MODELS`], each with a nul at its end. In a program with relocations,
        /// a pointer to each would take 40 bytes more.
        static NAMES: &str = concat!($($( $name, "\0" ),+),+);
    };
}

models! {
    Pl011, 0, Word: "arm,pl011" "arm,sbsa-uart";
    // Byte-wide registers without gaps, unless the node says otherwise.
    Ns8250, 0, Byte: "ns8250" "ns16450" "ns16550" "ns16550a" "snps,dw-apb-uart" "nvidia,tegra20-uart"
        "nuvoton,npcm750-uart";
    // Registers of 32 bits; the bindings don't say so (Linux, `drivers/tty/serial/8250`).
    Ns8250, 2, Word: "brcm,bcm2835-aux-uart" "brcm,bcm7271-uart" "mediatek,mt6577-uart" "socionext,uniphier-uart"
        "ti,am654-uart";
    Imx, 0, Word: "fsl,imx21-uart" "fsl,imx6q-uart";
    Lpuart, 0, Word: "fsl,imx7ulp-lpuart" "fsl,imx8qxp-lpuart";
    Cadence, 0, Word: "xlnx,xuartps" "cdns,uart-r1p8" "cdns,uart-r1p12";
    Meson, 0, Word: "amlogic,meson-uart" "amlogic,meson-gx-uart" "amlogic,meson-ao-uart" "amlogic,meson-s4-uart";
    Stm32, 0, Word: "st,stm32h7-uart";
    Geni, 0, Word: "qcom,geni-debug-uart" "qcom,geni-uart";
    UartDm, 0, Word: "qcom,msm-uartdm-v1.4";
    Scif, 2, HalfWord: "renesas,scif" "renesas,hscif";
    // The registers of RZ/G2L and RZ/V2H lie closer together.
    Scif, 1, HalfWord: "renesas,scif-r9a07g044" "renesas,scif-r9a09g057";
    Armada3700, 0, Word: "marvell,armada-3700-uart";
    Samsung, 0, Word: "samsung,s5pv210-uart" "samsung,exynos4210-uart" "samsung,exynos5433-uart"
        "samsung,exynos850-uart" "samsung,exynos8895-uart" "google,gs101-uart";
}

/// Why a device tree has no console that the loader supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnknownConsole<'a> {
    /// `/chosen` has no `stdout-path`, and there is no UART to guess.
    #[error(
        "/chosen has no stdout-path, and neither seL4,elfloader-devices nor the alias serial0 \
         names a supported UART"
    )]
    NotStated,
    /// `stdout-path` is empty.
    #[error("stdout-path is empty")]
    Empty,
    /// `stdout-path` is a number.
    #[error("stdout-path is the number {0:#x}, perhaps a phandle, in place of a path or an alias")]
    Number(u32),
    /// `stdout-path` names a node that doesn't exist.
    #[error("stdout-path names {}, which does not exist", .0.escape_ascii())]
    NoSuchNode(&'a [u8]),
    /// The loader doesn't support the node's kind of UART.
    #[error(
        "stdout-path names {} ({}), which KaaL does not support",
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
/// `linux,stdout-path`. Without either, finds the first supported UART in `seL4,elfloader-devices`, on which seL4's own
/// loader prints, or else the one with the alias `serial0`, unless it is disabled.
///
/// # Errors
///
/// Fails with an [`UnknownConsole`] if the loader can't print on it.
pub fn console<'a>(tree: &'a DeviceTree<'a>) -> Result<Console, UnknownConsole<'a>> {
    find(tree, None).ok_or_else(|| match stdout_value(tree) {
        Some(value) => why_not(tree, value),
        None => UnknownConsole::NotStated,
    })
}

/// The node that `stdout-path` names, if it exists.
pub fn stdout<'a>(tree: &'a DeviceTree<'a>) -> Option<Place<'a>> {
    tree.find(path(tree, stdout_path(tree)?)?)
}

/// The value of `stdout-path`, which may be malformed.
fn stdout_value<'a>(tree: &DeviceTree<'a>) -> Option<&'a [u8]> {
    let value = tree.property(tree.chosen, b"stdout-path");
    value.or_else(|| tree.property(tree.chosen, b"linux,stdout-path"))
}

/// The path or alias of the console in `/chosen`, without options. An empty one counts as none.
#[inline(never)]
pub fn stdout_path<'a>(tree: &DeviceTree<'a>) -> Option<&'a [u8]> {
    let path = string(tree, tree.chosen, b"stdout-path");
    let path = path.or_else(|| string(tree, tree.chosen, b"linux,stdout-path"))?;
    let mut parts = path.split(|&byte| byte == b':');
    parts.next().filter(|name| !name.is_empty())
}

/// The console if the loader can print on it, else `known`, else a guess.
pub(crate) fn find(tree: &DeviceTree<'_>, known: Option<Console>) -> Option<Console> {
    match stdout_path(tree) {
        Some(name) => uart(tree, name, true).or(known),
        None => known.or_else(|| guess(tree)),
    }
}

/// The console of seL4's loader, else the first serial line.
fn guess(tree: &DeviceTree<'_>) -> Option<Console> {
    let devices = tree.property(tree.chosen, b"seL4,elfloader-devices");
    let mut rest = devices.unwrap_or_default();
    loop {
        let device = first(rest);
        rest = rest.get(device.len()..).unwrap_or_default();
        let name = device.strip_suffix(b"\0");
        let console = uart(tree, name.unwrap_or(b"serial0"), false);
        if console.is_some() || name.is_none() {
            return console;
        }
    }
}

/// The supported UART at `name`, a path or an alias. It may be disabled if the tree names it as console.
#[inline(never)]
fn uart(tree: &DeviceTree<'_>, name: &[u8], is_console: bool) -> Option<Console> {
    let mut walk = tree.walk();
    if !walk.go_to(path(tree, name)?) || !is_console && !walk.place.is_operational() {
        return None;
    }
    Models::find(walk.place.property(b"compatible")?)?.console(&walk.place)
}

/// The path that `name` is or, as an alias, stands for.
fn path<'a>(tree: &DeviceTree<'a>, name: &'a [u8]) -> Option<&'a [u8]> {
    match name.first() {
        Some(b'/') => Some(name),
        _ => string(tree, tree.aliases, name),
    }
}

/// The first string in a property of the node whose first property is at `node`.
#[inline(never)]
fn string<'a>(tree: &DeviceTree<'a>, node: usize, name: &[u8]) -> Option<&'a [u8]> {
    first(tree.property(node, name)?).strip_suffix(b"\0")
}

/// Why the loader can't print on the UART that `value` of `stdout-path` names.
fn why_not<'a>(tree: &'a DeviceTree<'a>, value: &'a [u8]) -> UnknownConsole<'a> {
    let name = match (value, stdout_path(tree)) {
        ([] | [0], _) => return UnknownConsole::Empty,
        (&[a, b, c, d], None) => {
            return UnknownConsole::Number(u32::from_be_bytes([a, b, c, d]));
        }
        (_, None) => value,
        (_, Some(name)) => name,
    };
    let Some(uart) = stdout(tree) else {
        return UnknownConsole::NoSuchNode(path(tree, name).unwrap_or(name));
    };
    let (uart, name) = (uart.node(), uart.node().name());
    match Models::find(uart.property(b"compatible").unwrap_or_default()) {
        Some(_) => UnknownConsole::Registers { node: name },
        None => UnknownConsole::UnknownKind {
            node: name,
            compatible: uart.string(b"compatible").unwrap_or_default(),
        },
    }
}
