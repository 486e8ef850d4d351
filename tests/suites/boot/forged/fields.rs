// SPDX-License-Identifier: BSD-2-Clause

//! Signed payload headers that point where the builder never points: the loader would change memory that it has
//! verified, or hand over memory that no digest covers.

use anyhow::{Context, Result};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::{Cpu, Gic, PAGE_SIZE, RegionKind};
use libtest_mimic::Trial;

use crate::image::Image;
use crate::integrity::first_of_kind;
use crate::signed::Signed;
use crate::trial;

/// The name of a test, a change of the header, and the field that the loader names.
type Forgery = (&'static str, fn(&Signed) -> Result<()>, &'static str);

const FORGERIES: [Forgery; 3] = [
    ("device_tree_size", device_tree_size, "device tree"),
    (
        "interrupt_controller_in_the_user_image",
        interrupt_controller,
        "interrupt controller",
    ),
    (
        "release_word_in_the_kernel",
        release_word,
        "release address",
    ),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let test = |(name, change, field): Forgery| {
        let name = format!("forged::fields::{name}");
        trial(workspace, name, move |workspace| {
            let signed = Signed::of(workspace, image(workspace)?)?;
            change(&signed)?;
            refused(&signed, field)
        })
    };
    let mut trials: Vec<_> = FORGERIES.into_iter().map(test).collect();
    let name = "forged::fields::another_console";
    trials.push(trial(workspace, name, another_console));
    trials
}

/// An image for two cores that are entered at EL3, so that the loader uses all fields.
fn image(workspace: &Workspace) -> Result<Image> {
    let machine = Machine {
        machine: "virt,secure=on".to_owned(),
        cores: 2,
        ..Machine::ordinary()
    };
    Image::of(workspace, Program::Probe, machine)
}

/// Fails unless the loader refuses the image because of `field`.
pub(super) fn refused(signed: &Signed, field: &str) -> Result<()> {
    let error = format!("KaaL: error: payload header: {field}");
    signed.image.boot(&error).map(drop)
}

fn device_tree_size(signed: &Signed) -> Result<()> {
    signed.sign_changed(|payload| payload.device_tree.size += 8)
}

/// The loader would write to registers in the user image.
fn interrupt_controller(signed: &Signed) -> Result<()> {
    signed.sign_changed(|payload| {
        let distributor = payload.user_image.memory.start;
        payload.machine.gic = Some(Gic::V2 {
            distributor,
            cpu_interface: distributor,
        });
    })
}

/// The loader would write to the word that a core is said to poll.
fn release_word(signed: &Signed) -> Result<()> {
    let (kernel, _) = first_of_kind(&signed.image, RegionKind::Kernel)?;
    let mut cpus = signed.image.payload(|payload| payload.cpus.to_vec())?;
    let last = cpus.last_mut().context("the header names no cores")?;
    *last = Cpu {
        release_address: kernel.start,
        ..*last
    };
    let cpus: &[Cpu] = cpus.leak();
    signed.sign_changed(|payload| payload.cpus = cpus)
}

/// The loader prints on the console that it knows by itself.
fn another_console(workspace: &Workspace) -> Result<()> {
    let signed = Signed::of(workspace, image(workspace)?)?;
    signed.sign_changed(|payload| {
        if let Some(console) = &mut payload.machine.console {
            console.base.0 += PAGE_SIZE;
        }
    })?;
    signed.image.boot(PASS).map(drop)
}
