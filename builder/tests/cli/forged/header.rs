// SPDX-License-Identifier: BSD-2-Clause

//! Payload headers that are signed with the right key, but which the builder never writes: it signs what another
//! builder made.

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use kaal_payload::{Cpu, Gic, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, PsciConduit, signed_message};
use sha2::{Digest, Sha256};

use super::{CHECK, build, refusal};
use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::programs::KERNEL;
use crate::rules::change_header;
use crate::signing;

/// RAM that the image doesn't use.
pub(super) const FREE: PhysAddr = PhysAddr(0x4800_0000);

type Change = fn(&mut Payload<'_>);

/// Fails unless `check` refuses each of the `changes` of a signed image, and names the `field`.
fn each_refused(changes: &[Change], field: &str) {
    let folder = signing::folder();
    let device_tree = DeviceTree {
        has_gic: true,
        ..DeviceTree::with_cores(Core::all([0, 1]))
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    let mut accepted = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        build(&folder, &[("--cores", "2")]);
        sign_changed(&folder, change);
        match refusal(&folder, &CHECK) {
            Some(messages) => assert!(messages.contains(field), "{index}: {messages}"),
            None => accepted.push(index),
        }
    }
    assert_eq!(accepted, [0; 0]);
}

/// Changes the payload header of the image, and signs it again.
pub(super) fn sign_changed(folder: &Folder, change: impl FnOnce(&mut Payload<'_>)) {
    let key = String::from_utf8(folder.get("private.pem")).expect("text");
    let key = SigningKey::from_pkcs8_pem(&key).expect("a key");
    change_header(folder, |payload| {
        change(payload);
        let mut header = [0; MAX_SIZE];
        payload.encode(&mut header, |_| 0).expect("room");
        let signed = payload.signed_part(&header).expect("a header");
        let message = signed_message(&Sha256::digest(signed).into());
        payload.signature = key.sign(&message).to_bytes();
    });
}

fn end_of_the_slot(payload: &Payload<'_>) -> PhysAddr {
    let slot = payload.device_tree;
    PhysAddr(slot.start.0 + slot.capacity - PAGE_SIZE)
}

#[test]
fn page_tables_elsewhere() {
    each_refused(
        &[
            |payload| payload.tables.ttbr0 = end_of_the_slot(payload),
            |payload| payload.tables.ttbr1 = Some(end_of_the_slot(payload)),
            |payload| payload.tables.ttbr0 = FREE,
            |payload| payload.tables.ttbr1 = Some(FREE),
            |payload| payload.tables.ttbr0 = payload.user_image.memory.start,
        ],
        "translation tables",
    );
}

#[test]
fn a_larger_device_tree() {
    each_refused(&[|payload| payload.device_tree.size += 8], "device tree");
}

#[test]
fn registers_in_the_user_image() {
    each_refused(
        &[
            |payload| {
                let start = payload.user_image.memory.start;
                payload.machine.gic = Some(Gic::V2 {
                    distributor: start,
                    cpu_interface: start,
                });
            },
            |payload| {
                if let Some(Gic::V3 { redistributors, .. }) = &mut payload.machine.gic {
                    *redistributors = payload.user_image.memory.start;
                }
            },
        ],
        "interrupt controller",
    );
}

#[test]
fn a_machine_unlike_the_device_tree() {
    each_refused(
        &[
            |payload| payload.machine.psci = Some(PsciConduit::Hvc),
            |payload| payload.machine.psci = None,
            |payload| payload.machine.gic = None,
            |payload| payload.machine.console = None,
            |payload| {
                if let Some(console) = &mut payload.machine.console {
                    console.base.0 += PAGE_SIZE;
                }
            },
        ],
        "in its payload header is damaged",
    );
}

/// A core that is started by PSCI.
const fn core(mpidr: u64) -> Cpu {
    Cpu {
        mpidr,
        release_address: PhysAddr(0),
    }
}

#[test]
fn a_release_word_in_the_kernel() {
    const CPUS: [Cpu; 2] = [
        core(0),
        Cpu {
            mpidr: 1,
            release_address: PhysAddr(KERNEL),
        },
    ];

    each_refused(&[|payload| payload.cpus = &CPUS], "release address");
}

#[test]
fn cores_unlike_the_device_tree() {
    const OTHERS: [Cpu; 2] = [core(0), core(2)];
    const SWAPPED: [Cpu; 2] = [core(1), core(0)];
    const TWICE: [Cpu; 2] = [core(0), core(0)];

    each_refused(
        &[
            |payload| payload.cpus = &OTHERS,
            |payload| payload.cpus = &SWAPPED,
            |payload| payload.cpus = &TWICE,
        ],
        "cores",
    );
}
