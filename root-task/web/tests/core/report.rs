// SPDX-License-Identifier: BSD-2-Clause

//! States from records of a root task.

use kaal_protocol::{
    CapabilityRecord, ChannelRecord, ComponentRecord, KernelRecord, Kind, LogRecord, MESSAGE_WORDS,
    NameList, NameRecord, Record, Right, State, Topic, Totals, Writer, append,
};
use kaal_web::{Counters, NetworkCounters, Report};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// Writes the records from `from` on, as many as fit a message.
fn page<'a>(records: &[impl Record<'a>], from: u64, words: &mut [u64]) -> usize {
    let mut writer = Writer::new(&mut words[..MESSAGE_WORDS]);
    let rest = records.iter().skip(from as usize);
    let _ = rest
        .take_while(|record| append(&mut writer, *record))
        .count();
    writer.length()
}

/// The records of a small system with a long log.
fn list(topic: Topic, from: u64, words: &mut [u64]) -> Result<usize, ()> {
    let component = |name| ComponentRecord {
        name,
        state: State::Running,
        priority: 7,
        restarts: 2,
        used_bytes: 1,
        all_bytes: 2,
        used_slots: 3,
        all_slots: 4,
    };
    let name = |component, list, name| NameRecord {
        component,
        list,
        name,
    };
    Ok(match topic {
        Topic::Kernel => {
            let kernel = KernelRecord {
                version: "seL4",
                configuration: "MCS debug",
                cores: 2,
                measurement: Some([1, 2, 3, u64::MAX]),
            };
            page(&[kernel], from, words)
        }
        Topic::Totals => {
            let totals = Totals {
                generation: 0,
                used_bytes: 10,
                all_bytes: 20,
                used_slots: 30,
                all_slots: 40,
            };
            page(&[totals], from, words)
        }
        Topic::Components => {
            let stopped = ComponentRecord {
                state: State::GivenUp,
                ..component("b")
            };
            page(&[component("a"), stopped], from, words)
        }
        Topic::Names => {
            let names = [
                name(0, NameList::Devices, "uart"),
                name(0, NameList::Provides, "serial"),
                name(1, NameList::Needs, "serial"),
                name(1, NameList::Needs, "timer"),
            ];
            page(&names, from, words)
        }
        Topic::Channels => {
            let (component, peer, bytes) = (1, "a", 4096);
            let channel = ChannelRecord {
                component,
                peer,
                bytes,
            };
            page(&[channel], from, words)
        }
        Topic::Capabilities => {
            let capability = CapabilityRecord {
                component: 1,
                kind: Kind::Endpoint,
                right: Right::Call,
                object: "serial",
                device: None,
                to: Some("a"),
            };
            page(&[capability], from, words)
        }
        Topic::Log => {
            let entries: Vec<_> = (0..100)
                .map(|number| LogRecord {
                    number: 2 * number,
                    component: "a",
                    action: "stop",
                    denial: (number == 99).then_some("no"),
                })
                .collect();
            let skipped = entries.iter().filter(|entry| entry.number < from).count();
            page(&entries, skipped as u64, words)
        }
    })
}

#[test]
fn records_make_a_state() {
    let mut memory = [0; 4096];
    let report = Report::collect(&mut memory, list).unwrap();
    let network = NetworkCounters {
        malformed: 3,
        foreign: 4,
        broken: 5,
    };
    let value = report.with_system(Counters::default(), network, 5, |system| {
        serde_json::to_value(system).unwrap()
    });
    let component = |name, state| {
        json!({
            "name": name, "state": state, "priority": 7, "restarts": 2,
            "memory": { "used": 1, "total": 2 }, "slots": { "used": 3, "total": 4 },
            "devices": [], "provides": [], "needs": [], "channels": [], "capabilities": [],
        })
    };
    let mut first = component("a", "running");
    first["devices"] = json!(["uart"]);
    first["provides"] = json!(["serial"]);
    let mut second = component("b", "givenUp");
    second["needs"] = json!(["serial", "timer"]);
    second["channels"] = json!([{ "peer": "a", "bytes": 4096 }]);
    second["capabilities"] = json!([{ "kind": "endpoint", "right": "call", "object": "serial", "device": null, "to": "a" }]);
    assert_eq!(value["components"], json!([first, second]));
    assert_eq!(
        value["kernel"],
        json!({ "version": "seL4", "configuration": ["MCS", "debug"], "cores": 2 })
    );
    let measurement = format!("{:016x}{:016x}{:016x}{}", 1, 2, 3, "f".repeat(16));
    assert_eq!(value["measurement"], json!(measurement));
    let counted = json!({ "malformed": 3, "foreign": 4, "broken": 5 });
    assert_eq!(value["network"], counted);
    assert_eq!(value["memory"], json!({ "used": 10, "total": 20 }));
    assert_eq!(value["slots"], json!({ "used": 30, "total": 40 }));
    let log = value["log"].as_array().unwrap();
    assert_eq!(log.len(), 100);
    assert_eq!(
        log[99],
        json!({ "number": 198, "component": "a", "action": "stop", "denial": "no" })
    );
    assert_eq!(value["uptime"], json!(5));
}

#[test]
fn without_records_the_state_is_empty() {
    let mut memory = [0; 500];
    let report = Report::collect(&mut memory, |_, _, _| Ok::<_, ()>(0)).unwrap();
    report.with_system(
        Counters::default(),
        NetworkCounters::default(),
        0,
        |system| {
            assert!(system.kernel.configuration.is_empty() && system.components.is_empty());
        },
    );
}

proptest! {
    #[test]
    fn any_words_make_some_state(
        words in vec(prop_oneof![0u64..5, any::<u64>()], 0..200),
        room in 0usize..2000,
    ) {
        let mut memory = vec![0; room];
        let any = |_, from, place: &mut [u64]| {
            let rest = words.get(from as usize..).unwrap_or_default();
            let count = rest.len().min(place.len());
            place[..count].copy_from_slice(&rest[..count]);
            Ok::<_, ()>(count)
        };
        let report = Report::collect(&mut memory, any).unwrap();
        report.with_system(Counters::default(), NetworkCounters::default(), 0, |system| {
            assert!(system.components.len() <= 32);
        });
    }
}
