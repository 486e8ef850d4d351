// SPDX-License-Identifier: BSD-2-Clause

//! The part of a device tree that the loader needs to run.

use kaal_payload::{Gic, Machine, PhysAddr, PsciConduit};

use crate::{DeviceTree, Node, Place, console};

// Lists of strings have the format of a device tree: in a program with relocations, an array of strings would take 40
// bytes more for each.

/// Values of `compatible` of GICv2 interrupt controllers.
const GIC_V2: &[u8] = b"arm,cortex-a15-gic\0arm,cortex-a7-gic\0arm,cortex-a9-gic\0arm,gic-400\0";

/// The value of `compatible` of GICv3 and GICv4 interrupt controllers.
const GIC_V3: &[u8] = b"arm,gic-v3\0";

/// Values of `compatible` for PSCI versions that can power the machine off.
const PSCI: &[u8] = b"arm,psci-0.2\0arm,psci-1.0\0";

/// Console, PSCI and interrupt controller of the machine.
pub fn machine(tree: &DeviceTree<'_>) -> Machine {
    let mut machine = Machine {
        console: console(tree).ok(),
        ..Machine::default()
    };
    for place in tree.walk() {
        let node = place.node();
        if node.is_compatible(PSCI) {
            machine.psci = psci(&node);
        } else if node.is_compatible(GIC_V2) {
            machine.gic = gic(&place, |distributor, cpu_interface| Gic::V2 {
                distributor,
                cpu_interface,
            });
        } else if node.is_compatible(GIC_V3) {
            machine.gic = gic(&place, |distributor, redistributors| Gic::V3 {
                distributor,
                redistributors,
            });
        }
    }
    machine
}

fn psci(node: &Node<'_>) -> Option<PsciConduit> {
    let is_called_by = |method| node.lists(b"method", method);
    if is_called_by(b"smc\0") {
        Some(PsciConduit::Smc)
    } else if is_called_by(b"hvc\0") {
        Some(PsciConduit::Hvc)
    } else {
        None
    }
}

fn gic(place: &Place<'_>, kind: fn(PhysAddr, PhysAddr) -> Gic) -> Option<Gic> {
    let mut registers = place.reg();
    Some(kind(registers.next()?.start, registers.next()?.start))
}
