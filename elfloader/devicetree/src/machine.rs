// SPDX-License-Identifier: BSD-2-Clause

//! Recognizes PSCI and interrupt controllers by their models.

use kaal_payload::{Gic, Machine, PsciConduit};

use crate::Place;
use crate::text::find;
use crate::tokens::initials;

// Lists of strings have the format of a device tree: in a program with relocations, an array of strings would take 40
// bytes more for each.

/// Values of `compatible`: versions of PSCI that can power the machine off, GICv3 (and GICv4), and models of GICv2.
const MODELS: &[u8] = b"arm,psci-0.2\0arm,psci-1.0\0arm,gic-v3\0\
    arm,cortex-a15-gic\0arm,cortex-a7-gic\0arm,cortex-a9-gic\0arm,gic-400\0qcom,msm-qgic2\0";

/// Index of GICv3 in [`MODELS`].
const GIC_V3: usize = 2;

/// Notes PSCI or interrupt controller in `machine`, if the node describes one.
pub(crate) fn note(machine: &mut Machine, place: &Place<'_>) {
    // Comparing the models of all nodes would take most of the time.
    if place.initials & const { initials(b"m#") } == 0 {
        return;
    }
    let models = place.property(b"compatible").unwrap_or_default();
    match find(MODELS, models) {
        None => {}
        Some(..GIC_V3) => machine.psci = psci(place).or(machine.psci),
        Some(model) => {
            if let Some(gic) = gic(place, model) {
                machine.gic = Some(gic);
            }
        }
    }
}

fn psci(place: &Place<'_>) -> Option<PsciConduit> {
    match find(b"smc\0hvc\0", place.property(b"method")?)? {
        0 => Some(PsciConduit::Smc),
        _ => Some(PsciConduit::Hvc),
    }
}

fn gic(place: &Place<'_>, model: usize) -> Option<Gic> {
    place.property(b"#interrupt-cells")?;
    let mut registers = place.reg();
    let (distributor, cores) = (registers.next()?.start, registers.next()?.start);
    Some(match model {
        GIC_V3 => Gic::V3 {
            distributor,
            redistributors: cores,
        },
        _ => Gic::V2 {
            distributor,
            cpu_interface: cores,
        },
    })
}
