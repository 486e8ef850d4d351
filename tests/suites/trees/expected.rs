// SPDX-License-Identifier: BSD-2-Clause

//! Reads a machine from its device tree in the simplest way, by the Devicetree Specification v0.4 and Linux's bindings.

use std::rc::Rc;

use dtoolkit::fdt::Fdt;

use crate::described::{Console, Core, Described};
use crate::node::{self, Node};

/// The kinds of UART, distance and width of their registers, and the ends of their names in `compatible`, from Linux'
/// `drivers/tty/serial`.
const UARTS: [(&str, u8, u8, &str); 14] = [
    ("Pl011", 0, 4, "pl011 sbsa-uart"),
    ("Ns8250", 0, 1, "16550 16550a 8250 apb-uart tegra20-uart"),
    (
        "Ns8250",
        2,
        4,
        "2835-aux-uart mt6577-uart uniphier-uart am654-uart",
    ),
    ("Imx", 0, 4, "imx21-uart imx6q-uart"),
    ("Lpuart", 0, 4, "imx7ulp-lpuart imx8qxp-lpuart"),
    ("Cadence", 0, 4, "xuartps uart-r1p8 uart-r1p12"),
    (
        "Meson",
        0,
        4,
        "meson-uart meson-gx-uart meson-ao-uart meson-s4-uart",
    ),
    ("Stm32", 0, 4, "stm32h7-uart"),
    ("Geni", 0, 4, "geni-debug-uart geni-uart"),
    ("UartDm", 0, 4, "uartdm-v1.4"),
    ("Scif", 2, 2, "renesas,scif renesas,hscif"),
    ("Scif", 1, 2, "scif-r9a07g044 scif-r9a09g057"),
    ("Armada3700", 0, 4, "armada-3700-uart"),
    (
        "Samsung",
        0,
        4,
        "s5pv210-uart exynos4210-uart exynos5433-uart exynos850-uart gs101-uart",
    ),
];

/// The machine in `blob`, a device tree that KaaL has found well-formed.
pub(crate) fn describe(blob: &[u8]) -> Described {
    // `Fdt::new` refuses the long names that many trees have.
    let fdt = Fdt::new_unchecked(blob);
    let nodes = node::all(fdt.root());
    let mut machine = Described {
        console: console(&nodes),
        boot_core: fdt.boot_cpuid_phys(),
        ..Described::default()
    };
    for node in &nodes {
        note(node, &mut machine);
    }
    let reservations = fdt.memory_reservations();
    let reservations = reservations.map(|entry| (entry.address(), entry.size()));
    machine.reserved.extend(reservations);
    machine
}

fn note(node: &Node, machine: &mut Described) {
    if node.holds("compatible", &["arm,psci-0.2", "arm,psci-1.0"]) {
        machine.psci = ["smc", "hvc"]
            .into_iter()
            .find(|method| node.holds("method", &[method]));
    }
    let version = match () {
        () if node.holds("compatible", &["arm,gic-v3"]) => 3,
        () if node.holds(
            "compatible",
            &["arm,gic-400", "arm,cortex-a15-gic", "qcom,msm-qgic2"],
        ) =>
        {
            2
        }
        () => 0,
    };
    if let [(distributor, _), (interface, _), ..] = node.reg()[..]
        && version != 0
    {
        machine.gic = Some((version, distributor, interface));
    }
    let parent = node.parent.as_ref().map(|parent| &*parent.path);
    match parent {
        Some("") if node.holds("device_type", &["memory"]) && node.is_enabled() => {
            machine.ram.extend(node.reg());
        }
        Some("/reserved-memory") if node.is_enabled() => match node.value("no-map") {
            Some(_) => machine.no_map.extend(node.reg()),
            None => machine.reserved.extend(node.reg()),
        },
        Some("/cpus") if node.stem() == "cpu" => machine.cores.extend(core(node)),
        _ => {}
    }
}

fn core(node: &Node) -> Option<Core> {
    let polls = node.holds("enable-method", &["spin-table"]);
    let is_usable = node.is_enabled() || polls && node.holds("status", &["disabled"]);
    let word = match polls {
        true => node.number("cpu-release-addr")?,
        false => 0,
    };
    let mpidr = node.id()?;
    is_usable.then_some(Core { mpidr, word })
}

/// The console that `/chosen` names, or else the first serial line, if it is enabled.
fn console(nodes: &[Rc<Node>]) -> Option<Console> {
    let at = |path: &str| nodes.iter().find(|node| node.path == path);
    let chosen = at("/chosen");
    let named = ["stdout-path", "linux,stdout-path"]
        .into_iter()
        .find_map(|name| {
            let path = chosen?.strings(name).into_iter().next()?;
            Some(path.split(':').next()?.to_owned())
        });
    let is_named = named.is_some();
    let name = named.unwrap_or("serial0".to_owned());
    let path = match name.starts_with('/') {
        true => name,
        false => at("/aliases")?.strings(&name).into_iter().next()?,
    };
    let node = at(&path)?;
    (is_named || node.is_enabled()).then(|| uart(node))?
}

fn uart(node: &Node) -> Option<Console> {
    let models = node.strings("compatible");
    let known = models.iter().find_map(|model| {
        let mut kinds = UARTS.iter();
        kinds.find(|(.., ends)| ends.split(' ').any(|end| model.ends_with(end)))
    });
    let (kind, shift, width, _) = known?;
    let number = |name| node.number(name).filter(|_| *kind == "Ns8250");
    let (base, _) = *node.reg().first()?;
    Some(Console {
        kind: (*kind).to_owned(),
        base: base + number("reg-offset").unwrap_or_default(),
        register_shift: number("reg-shift").map_or(*shift, |shift| shift as u8),
        access_size: number("reg-io-width").map_or(*width, |width| width as u8),
    })
}
