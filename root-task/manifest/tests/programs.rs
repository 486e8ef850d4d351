// SPDX-License-Identifier: BSD-2-Clause

//! Programs of components, and the quotas that suffice to start them.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::fs;

use kaal_broker::{Access, Segment};
use kaal_manifest::{List, Program};

fn list(binary: &str, memory: u64, slots: u64) -> List {
    let text = format!(
        "[[component]]\nname = \"a\"\nbinary = {binary:?}\npriority = 1\nmemory = {memory}\n\
         slots = {slots}\n"
    );
    List::read("list", &text).unwrap()
}

/// Checks that these quotas suffice to start a program with `size` bytes of code. Returns the text of
/// the mistake.
fn start(size: u64, memory: u64, slots: u64) -> Result<(), String> {
    let list = list("app", memory, slots);
    let segment = Segment {
        address: 0x20_0000,
        size,
        bytes: &[1],
        access: Access::ReadExecute,
    };
    let program = Program {
        entry: 0x20_0000,
        segments: vec![segment],
        length: 0,
    };
    let checked = list.check_quotas(&list.components[0], &program);
    checked.map_err(|mistake| mistake.to_string())
}

/// Memory and slots that the program with one page takes: thread, CNode, address space, scheduling
/// context, notification, reply object, 5 page tables, and the pages of code, stack and IPC buffer; and
/// the slot of its fault endpoint.
const MEMORY: u64 = 4096 + 8192 + 4096 + 128 + 64 + 32 + 5 * 4096 + (1 + 4 + 1) * 4096;
const SLOTS: u64 = 6 + 5 + 6 + 1;

#[test]
fn quotas_that_suffice_to_start_are_accepted() {
    start(4096, MEMORY, SLOTS).unwrap();
    start(3 * 4096, MEMORY + 2 * 4096, SLOTS + 2).unwrap();
}

#[test]
fn quotas_too_small_to_start_name_the_number_to_write() {
    assert_eq!(
        start(4096, MEMORY - 1, SLOTS).unwrap_err(),
        format!(
            "list:5: memory = {}: \"a\" takes up to {MEMORY} to start: write memory = {MEMORY}, or \
             more for what it requests",
            MEMORY - 1
        )
    );
    assert_eq!(
        start(4096, MEMORY, 2).unwrap_err(),
        format!(
            "list:6: slots = 2: \"a\" takes up to {SLOTS} to start: write slots = {SLOTS}, or more \
             for what it requests"
        )
    );
}

#[test]
fn a_program_beyond_the_address_space_is_refused() {
    assert_eq!(
        start(1 << 32, u64::MAX, 1).unwrap_err(),
        "list:3: binary = \"app\": the segment at 0x200000 does not fit the address space"
    );
}

#[test]
fn a_missing_binary_is_named_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app"), "").unwrap();
    let list = list("ap", MEMORY, SLOTS);
    let mistake = list.load(&list.components[0], folder.path()).unwrap_err();
    assert_eq!(
        mistake.to_string(),
        format!(
            "list:3: binary = \"ap\": no component of this name was built in {}; did you mean \
             \"app\"?",
            folder.path().display()
        )
    );
}
