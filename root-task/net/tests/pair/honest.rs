// SPDX-License-Identifier: BSD-2-Clause

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::device::Machine;

const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    Receive,
    Drive,
    Work,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => vec(any::<u8>(), 1..1600).prop_map(Step::Send),
        3 => Just(Step::Receive),
        2 => Just(Step::Drive),
        1 => Just(Step::Work),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn packets_come_back_in_order(
        kib in prop_oneof![Just(8_usize), Just(64), Just(256)],
        steps in vec(step(), 1..600),
    ) {
        let mut machine = Machine::new(kib << 10, MAC);
        prop_assert_eq!(machine.client.mac(), MAC);
        let mut expected = VecDeque::new();
        let mut buffer = [0; 2048];
        for step in steps {
            match step {
                Step::Send(packet) => {
                    let can = machine.client.can_send();
                    let sent = machine.client.send(&packet);
                    prop_assert_eq!(sent, can);
                    if sent == Ok(true) {
                        expected.push_back(packet);
                    }
                }
                Step::Receive => {
                    if let Some(length) = machine.client.receive(&mut buffer).unwrap() {
                        prop_assert_eq!(Some(buffer[..length].to_vec()), expected.pop_front());
                    }
                }
                Step::Drive => machine.drive(),
                Step::Work => machine.work(),
            }
        }
        while !expected.is_empty() {
            let left = expected.len();
            machine.drive();
            machine.work();
            machine.drive();
            while let Some(length) = machine.client.receive(&mut buffer).unwrap() {
                prop_assert_eq!(Some(buffer[..length].to_vec()), expected.pop_front());
            }
            prop_assert!(expected.len() < left);
        }
    }
}

#[test]
fn all_buffers_come_back() {
    let mut machine = Machine::new(64 << 10, MAC);
    let buffers = machine.driver.layout().buffers;
    for _ in 0..5 {
        let mut sent = 0;
        while machine.client.send(&[7; 100]).unwrap() {
            sent += 1;
        }
        assert_eq!(sent, buffers);
        machine.drive();
        machine.work();
        machine.drive();
        let mut buffer = [0; 50];
        for _ in 0..buffers {
            assert_eq!(machine.client.receive(&mut buffer), Ok(Some(50)));
        }
        assert_eq!(machine.client.receive(&mut buffer), Ok(None));
    }
}
