// SPDX-License-Identifier: BSD-2-Clause

//! Answers that the boot needs from a device tree.

use kaal_payload::{Gic, Machine, PsciConduit};

use crate::{DeviceTree, Place, console};

// Lists of strings are as in a device tree: in a program that is relocated, an array of pointers to
// them would take 40 bytes more for each.

/// Values of `compatible` of GICv2 interrupt controllers.
const GIC_V2: &[u8] = b"arm,cortex-a15-gic\0arm,cortex-a7-gic\0arm,cortex-a9-gic\0arm,gic-400\0";

/// The value of `compatible` of GICv3 and GICv4 interrupt controllers.
const GIC_V3: &[u8] = b"arm,gic-v3\0";

/// Values of `compatible` of PSCI versions that can power the machine off.
const PSCI: &[u8] = b"arm,psci-0.2\0arm,psci-1.0\0";

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
