// SPDX-License-Identifier: BSD-2-Clause

//! Tests that consoles of all kinds are found in device trees.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_devicetree::{DeviceTree, Facts, UnknownConsole};
use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use vm_fdt::FdtWriter;

/// The properties of a console in a device tree.
#[derive(Clone, Copy)]
struct Uart<'a> {
    compatible: &'a [&'a str],
    base: u64,
    /// Properties of one number each.
    numbers: &'a [(&'a str, u32)],
    /// The property of `/chosen` that names the console.
    chosen: &'a str,
}

const PL011: Uart<'_> = Uart {
    compatible: &["arm,pl011", "arm,primecell"],
    base: 0x900_0000,
    numbers: &[],
    chosen: "stdout-path",
};

impl Uart<'_> {
    fn tree(&self) -> Vec<u8> {
        let mut fdt = FdtWriter::new().unwrap();
        let root = fdt.begin_node("").unwrap();
        fdt.property_u32("#address-cells", 2).unwrap();
        fdt.property_u32("#size-cells", 2).unwrap();
        let uart = fdt.begin_node("serial@1").unwrap();
        let compatible = self.compatible.iter().map(|&name| name.into()).collect();
        fdt.property_string_list("compatible", compatible).unwrap();
        fdt.property_array_u64("reg", &[self.base, 0x1000]).unwrap();
        for &(name, value) in self.numbers {
            fdt.property_u32(name, value).unwrap();
        }
        fdt.end_node(uart).unwrap();
        let chosen = fdt.begin_node("chosen").unwrap();
        fdt.property_string(self.chosen, "/serial@1:115200n8")
            .unwrap();
        fdt.end_node(chosen).unwrap();
        fdt.end_node(root).unwrap();
        fdt.finish().unwrap()
    }

    fn check(&self, expected: Console) {
        let blob = self.tree();
        let tree = DeviceTree::parse(&blob).unwrap();
        let compatible = self.compatible;
        assert_eq!(
            kaal_devicetree::console(&tree),
            Ok(expected),
            "{compatible:?} {:?}",
            self.numbers
        );
    }

    fn check_refused(&self, expected: UnknownConsole<'_>) {
        let blob = self.tree();
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(
            kaal_devicetree::console(&tree),
            Err(expected),
            "{:?}",
            self.numbers
        );
    }
}

fn console(kind: ConsoleKind, register_shift: u8, access_size: AccessSize) -> Console {
    Console {
        kind,
        base: PhysAddr(0x900_0000),
        register_shift,
        access_size,
    }
}

/// The lists are those of boards that seL4 runs on.
#[test]
fn boards_consoles_are_known() {
    let words: [(&[&str], ConsoleKind); 24] = [
        (&["arm,pl011", "arm,primecell"], ConsoleKind::Pl011),
        (&["brcm,bcm2835-pl011", "arm,pl011"], ConsoleKind::Pl011),
        (&["arm,sbsa-uart"], ConsoleKind::Pl011),
        (&["fsl,imx8mm-uart", "fsl,imx6q-uart"], ConsoleKind::Imx),
        (&["fsl,imx53-uart", "fsl,imx21-uart"], ConsoleKind::Imx),
        (
            &[
                "fsl,imx93-lpuart",
                "fsl,imx8ulp-lpuart",
                "fsl,imx7ulp-lpuart",
            ],
            ConsoleKind::Lpuart,
        ),
        (&["fsl,imx8qxp-lpuart"], ConsoleKind::Lpuart),
        (&["cdns,uart-r1p12", "xlnx,xuartps"], ConsoleKind::Cadence),
        (&["xlnx,xuartps", "cdns,uart-r1p8"], ConsoleKind::Cadence),
        (
            &["xlnx,zynqmp-uart", "cdns,uart-r1p12"],
            ConsoleKind::Cadence,
        ),
        (&["xlnx,xuartps"], ConsoleKind::Cadence),
        (&["amlogic,meson-gx-uart"], ConsoleKind::Meson),
        (
            &["amlogic,meson-s4-uart", "amlogic,meson-ao-uart"],
            ConsoleKind::Meson,
        ),
        (
            &["amlogic,meson6-uart", "amlogic,meson-uart"],
            ConsoleKind::Meson,
        ),
        (
            &["amlogic,t7-uart", "amlogic,meson-s4-uart"],
            ConsoleKind::Meson,
        ),
        (&["st,stm32h7-uart"], ConsoleKind::Stm32),
        (&["qcom,geni-debug-uart"], ConsoleKind::Geni),
        (&["qcom,geni-uart"], ConsoleKind::Geni),
        (
            &["qcom,msm-uartdm-v1.4", "qcom,msm-uartdm"],
            ConsoleKind::UartDm,
        ),
        (&["marvell,armada-3700-uart"], ConsoleKind::Armada3700),
        (
            &["tesla,fsd-uart", "samsung,exynos4210-uart"],
            ConsoleKind::Samsung,
        ),
        (&["samsung,exynos5433-uart"], ConsoleKind::Samsung),
        (
            &["samsung,exynosautov9-uart", "samsung,exynos850-uart"],
            ConsoleKind::Samsung,
        ),
        (&["google,gs101-uart"], ConsoleKind::Samsung),
    ];
    for (compatible, kind) in words {
        let uart = Uart {
            compatible,
            ..PL011
        };
        uart.check(console(kind, 0, AccessSize::Word));
    }
}

#[test]
fn relatives_of_the_8250_are_as_wide_as_the_tree_says() {
    const SHIFT: (&str, u32) = ("reg-shift", 2);
    const WORDS: [(&str, u32); 2] = [SHIFT, ("reg-io-width", 4)];
    let (byte, half, word) = (AccessSize::Byte, AccessSize::HalfWord, AccessSize::Word);
    type Relative<'a> = (&'a [&'a str], &'a [(&'a str, u32)], u8, AccessSize);
    let relatives: [Relative<'_>; 14] = [
        (&["ns8250"], &[], 0, byte),
        (&["ns16450"], &[], 0, byte),
        (&["ns16550"], &[], 0, byte),
        (&["exar,xr16l2552", "ns16550a"], &[SHIFT], 2, byte),
        (
            &["ns16550a"],
            &[("reg-shift", 1), ("reg-io-width", 2)],
            1,
            half,
        ),
        (
            &["rockchip,rk3399-uart", "snps,dw-apb-uart"],
            &WORDS,
            2,
            word,
        ),
        (
            &["nvidia,tegra210-uart", "nvidia,tegra20-uart"],
            &[SHIFT],
            2,
            byte,
        ),
        (
            &["nuvoton,npcm845-uart", "nuvoton,npcm750-uart"],
            &[SHIFT],
            2,
            byte,
        ),
        (&["brcm,bcm2835-aux-uart"], &[], 2, word),
        (&["ti,am64-uart", "ti,am654-uart"], &[], 2, word),
        (&["ti,am654-uart"], &[("reg-shift", 3)], 3, word),
        (
            &["mediatek,mt8173-uart", "mediatek,mt6577-uart"],
            &[],
            2,
            word,
        ),
        (&["socionext,uniphier-uart"], &[], 2, word),
        (&["brcm,bcm7271-uart"], &WORDS, 2, word),
    ];
    for (compatible, numbers, shift, size) in relatives {
        let uart = Uart {
            compatible,
            numbers,
            ..PL011
        };
        uart.check(console(ConsoleKind::Ns8250, shift, size));
    }
}

#[test]
fn registers_of_a_scif_lie_closer_together_in_some_chips() {
    for (compatible, shift) in [
        (
            [
                "renesas,scif-r8a7795",
                "renesas,rcar-gen3-scif",
                "renesas,scif",
            ]
            .as_slice(),
            2,
        ),
        (
            &[
                "renesas,hscif-r8a779g0",
                "renesas,rcar-gen4-hscif",
                "renesas,hscif",
            ],
            2,
        ),
        (&["renesas,scif-r9a07g054", "renesas,scif-r9a07g044"], 1),
        (&["renesas,scif-r9a09g057"], 1),
    ] {
        let uart = Uart {
            compatible,
            ..PL011
        };
        uart.check(console(ConsoleKind::Scif, shift, AccessSize::HalfWord));
    }
}

#[test]
fn registers_may_begin_at_an_offset() {
    let uart = Uart {
        compatible: &["ns16550a"],
        numbers: &[("reg-offset", 0x100)],
        ..PL011
    };
    let at_offset = Console {
        base: PhysAddr(0x900_0100),
        ..console(ConsoleKind::Ns8250, 0, AccessSize::Byte)
    };
    uart.check(at_offset);
}

#[test]
fn what_is_said_of_8250s_is_not_taken_for_others() {
    let uart = Uart {
        numbers: &[("reg-shift", 2), ("reg-io-width", 1), ("reg-offset", 4)],
        ..PL011
    };
    uart.check(console(ConsoleKind::Pl011, 0, AccessSize::Word));
}

#[test]
fn registers_that_could_not_be_accessed_are_named() {
    let refused: [(u64, &[(&str, u32)]); 7] = [
        (0x900_0000, &[("reg-shift", 5)]),
        (0x900_0000, &[("reg-shift", 256)]),
        (0x900_0000, &[("reg-io-width", 3)]),
        (0x900_0000, &[("reg-io-width", 8)]),
        // Register 5 would lie at an address that is no multiple of 4.
        (0x900_0000, &[("reg-io-width", 4)]),
        (0x900_0002, &[("reg-shift", 2), ("reg-io-width", 4)]),
        (u64::MAX - 0x1000, &[("reg-offset", 0x1001)]),
    ];
    for (base, numbers) in refused {
        let uart = Uart {
            compatible: &["ns16550a"],
            base,
            numbers,
            ..PL011
        };
        uart.check_refused(UnknownConsole::Registers { node: b"serial@1" });
    }
}

#[test]
fn older_trees_have_another_name_for_the_console() {
    let uart = Uart {
        chosen: "linux,stdout-path",
        ..PL011
    };
    uart.check(console(ConsoleKind::Pl011, 0, AccessSize::Word));
    let uart = Uart {
        chosen: "linux,stdin-path",
        ..PL011
    };
    uart.check_refused(UnknownConsole::NotStated);
}

/// A tree without `stdout-path`, in which seL4's loader uses `devices`.
fn unstated(devices: &[&str], serial0: Option<&str>, status: &str) -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    let root = fdt.begin_node("").unwrap();
    fdt.property_u32("#address-cells", 2).unwrap();
    fdt.property_u32("#size-cells", 2).unwrap();
    for (name, compatible, base) in [
        ("timer", "arm,armv8-timer", 0),
        ("serial@1", "acme,uart", 1),
        ("serial@2", "arm,pl011", 0x900_0000),
        ("serial@3", "st,stm32h7-uart", 0x900_0000),
    ] {
        let node = fdt.begin_node(name).unwrap();
        fdt.property_string("compatible", compatible).unwrap();
        fdt.property_string("status", status).unwrap();
        fdt.property_array_u64("reg", &[base, 0x1000]).unwrap();
        fdt.end_node(node).unwrap();
    }
    let aliases = fdt.begin_node("aliases").unwrap();
    fdt.property_string("serial7", "/serial@2").unwrap();
    if let Some(path) = serial0 {
        fdt.property_string("serial0", path).unwrap();
    }
    fdt.end_node(aliases).unwrap();
    let chosen = fdt.begin_node("chosen").unwrap();
    if !devices.is_empty() {
        let devices = devices.iter().map(|&name| name.into()).collect();
        fdt.property_string_list("seL4,elfloader-devices", devices)
            .unwrap();
    }
    fdt.end_node(chosen).unwrap();
    fdt.end_node(root).unwrap();
    fdt.finish().unwrap()
}

#[test]
fn without_a_stated_console_sel4s_choice_comes_first_then_serial0() {
    let (pl011, stm32) = (ConsoleKind::Pl011, ConsoleKind::Stm32);
    let cases: [(&[&str], Option<&str>, ConsoleKind); 6] = [
        (&["/serial@2"], None, pl011),
        (&["serial7"], Some("/serial@3"), pl011),
        (
            &["/timer", "/nowhere", "serial9", "/serial@1", "/serial@2"],
            None,
            pl011,
        ),
        (&["/timer", "/serial@1"], Some("/serial@3"), stm32),
        (&["serial0"], Some("/serial@3"), stm32),
        (&[], Some("/serial@3"), stm32),
    ];
    for (devices, serial0, kind) in cases {
        let blob = unstated(devices, serial0, "okay");
        let tree = DeviceTree::parse(&blob).unwrap();
        let expected = console(kind, 0, AccessSize::Word);
        assert_eq!(kaal_devicetree::console(&tree), Ok(expected), "{devices:?}");
        assert_eq!(kaal_devicetree::stdout_path(&tree), None);
    }
}

#[test]
fn no_console_is_guessed_that_is_unknown_or_disabled() {
    let cases: [(&[&str], Option<&str>, &str); 5] = [
        (&[], None, "okay"),
        (&["/timer"], Some("/serial@1"), "okay"),
        (&["serial0"], Some("/nowhere"), "okay"),
        (&["/serial@2"], None, "disabled"),
        (&[], Some("/serial@2"), "disabled"),
    ];
    for (devices, serial0, status) in cases {
        let blob = unstated(devices, serial0, status);
        let tree = DeviceTree::parse(&blob).unwrap();
        assert_eq!(
            kaal_devicetree::console(&tree),
            Err(UnknownConsole::NotStated),
            "{devices:?} {serial0:?}"
        );
    }
}

#[test]
fn a_known_console_is_better_than_a_guess_only() {
    let known = Some(console(ConsoleKind::Samsung, 0, AccessSize::Word));
    let unknown = Uart {
        compatible: &["acme,uart"],
        ..PL011
    };
    for (blob, kind) in [
        (PL011.tree(), ConsoleKind::Pl011),
        (unknown.tree(), ConsoleKind::Samsung),
        (unstated(&["/serial@2"], None, "okay"), ConsoleKind::Samsung),
    ] {
        let mut tree = DeviceTree::parse(&blob).unwrap();
        let mut facts = Facts::default();
        facts.machine.console = known;
        facts.read(&mut tree).unwrap();
        let found = facts.machine.console;
        assert_eq!(found, Some(console(kind, 0, AccessSize::Word)));
    }
}

/// Nothing else is tried, since the tree's author may have meant no other.
#[test]
fn a_stated_console_is_never_replaced_by_a_guess() {
    let uart = Uart {
        compatible: &["acme,uart"],
        ..PL011
    };
    uart.check_refused(UnknownConsole::UnknownKind {
        node: b"serial@1",
        compatible: b"acme,uart",
    });
    let blob = uart.tree();
    let tree = DeviceTree::parse(&blob).unwrap();
    assert_eq!(
        kaal_devicetree::stdout_path(&tree),
        Some(b"/serial@1".as_slice())
    );
}

/// Values that are neither a path nor an alias, and what is said of them.
#[test]
fn malformed_values() {
    for (value, expected) in [
        (&b""[..], "stdout-path is empty"),
        (b"\0", "stdout-path is empty"),
        (
            &[0, 0, 0, 5],
            "stdout-path is the number 0x5, perhaps a phandle, in place of a path or an alias",
        ),
        (
            &[0x12, 0x34, 0x56, 0x78],
            "stdout-path is the number 0x12345678, perhaps a phandle, in place of a path or an alias",
        ),
        (
            b":115200\0",
            r"stdout-path names :115200\x00, which does not exist",
        ),
        (b"/uart", "stdout-path names /uart, which does not exist"),
        (b"uart\0", "stdout-path names uart, which does not exist"),
    ] {
        for name in ["stdout-path", "linux,stdout-path"] {
            let mut fdt = FdtWriter::new().unwrap();
            let root = fdt.begin_node("").unwrap();
            let chosen = fdt.begin_node("chosen").unwrap();
            fdt.property(name, value).unwrap();
            fdt.end_node(chosen).unwrap();
            fdt.end_node(root).unwrap();
            let blob = fdt.finish().unwrap();
            let tree = DeviceTree::parse(&blob).unwrap();
            let error = kaal_devicetree::console(&tree).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
