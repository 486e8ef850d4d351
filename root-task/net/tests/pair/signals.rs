// SPDX-License-Identifier: BSD-2-Clause

//! Each end is signalled exactly when it has asked.

use crate::device::Machine;

fn machine() -> Machine {
    let mut machine = Machine::new(64 << 10, [0; 6]);
    machine.client.must_signal();
    machine.drive();
    machine.driver.must_signal();
    machine
}

#[test]
fn a_driver_that_waits_is_signalled_once() {
    let mut machine = machine();
    machine.client.send(&[1]).unwrap();
    machine.client.send(&[2]).unwrap();
    assert!(machine.client.must_signal());
    machine.client.send(&[3]).unwrap();
    assert!(!machine.client.must_signal());
    machine.drive();
    assert!(!machine.client.must_signal());
    machine.client.send(&[4]).unwrap();
    assert!(machine.client.must_signal());
}

#[test]
fn a_driver_is_signalled_for_a_free_buffer_only_if_it_has_few() {
    for kept in [0, 6, 7, 9] {
        let mut machine = machine();
        let buffers = machine.driver.layout().buffers;
        for _ in 0..=kept {
            machine.client.send(&[1]).unwrap();
        }
        machine.client.must_signal();
        machine.drive();
        machine.work();
        machine.drive();
        machine.client.receive(&mut [0]).unwrap();
        let is_short = buffers - kept - 1 <= buffers / 2;
        assert_eq!(machine.client.must_signal(), is_short);
    }
}

#[test]
fn a_client_that_waits_is_signalled_once() {
    let mut machine = machine();
    machine.client.send(&[1]).unwrap();
    assert!(machine.client.can_send().unwrap() && !machine.client.ask());
    machine.drive();
    assert!(!machine.driver.must_signal());
    machine.work();
    machine.drive();
    assert!(machine.driver.must_signal());
    assert!(!machine.driver.must_signal());
}

#[test]
fn a_client_without_buffers_is_signalled_when_one_is_free() {
    let mut machine = machine();
    while machine.client.send(&[1]).unwrap() {}
    assert!(!machine.driver.is_client_waiting());
    assert!(machine.client.ask());
    assert!(machine.driver.is_client_waiting());
    machine.drive();
    machine.work();
    machine.drive();
    assert!(machine.driver.must_signal());
    assert_eq!(machine.client.can_send(), Ok(true));
}
