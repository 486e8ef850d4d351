// SPDX-License-Identifier: BSD-2-Clause

//! The JSON of states, whatever they hold.

use std::time::Duration;

use kaal_web::{
    Capability, Channel, Component, Connection, Entry, Kernel, Kind, Measurement, NoFiles, Right,
    SNAPSHOTS, Server, Share, State, System, TooLong,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wire::{Wire, component, system};

/// Shows a state with `room` bytes for it, and reads the JSON that a client gets.
fn shown(system: &System<'_>, room: usize) -> Result<Value, TooLong> {
    let mut connections = [Connection::default(), Connection::default()];
    let mut memory = vec![0; room * SNAPSHOTS];
    let mut server: Server<'_, NoFiles> = Server::new(&mut connections, &mut memory);
    server.publish(system)?;
    let mut wires = [
        Wire::with(b"GET /api/system.json HTTP/1.1\r\nHost: a\r\n\r\n"),
        Wire::new(),
    ];
    while server.poll(Duration::ZERO, &mut wires, &mut NoFiles) == Some(Duration::ZERO) {}
    let text = wires[0].text();
    let (_, json) = text.split_once("\r\n\r\n").unwrap();
    assert!(!json.contains(['\n', '\r']));
    Ok(serde_json::from_str(json).unwrap())
}

#[test]
fn all_fields() {
    let components = [Component {
        state: State::GivenUp,
        devices: &["uart"],
        provides: &["serial"],
        needs: &["timer"],
        channels: &[Channel {
            peer: "shell",
            bytes: 4096,
        }],
        capabilities: &[Capability {
            kind: Kind::Endpoint,
            right: Right::Call,
            object: "timer",
            device: None,
            to: Some("clock"),
        }],
        ..component("serial", 5)
    }];
    let system = System {
        kernel: Kernel {
            version: "seL4 16.0.0",
            configuration: &["MCS"],
            cores: 2,
        },
        measurement: Some(Measurement([0x0f; 32])),
        log: &[Entry {
            number: 9,
            component: "a",
            action: "stop",
            denial: Some("no"),
        }],
        ..system(&components)
    };
    let expected = json!({
        "reportVersion": 1,
        "kernel": { "version": "seL4 16.0.0", "configuration": ["MCS"], "cores": 2 },
        "measurement": "0f".repeat(32),
        "memory": { "used": 1, "total": 2 },
        "slots": { "used": 1, "total": 2 },
        "components": [{
            "name": "serial",
            "state": "givenUp",
            "priority": 1,
            "restarts": 5,
            "memory": { "used": 1, "total": 2 },
            "slots": { "used": 3, "total": 4 },
            "devices": ["uart"],
            "provides": ["serial"],
            "needs": ["timer"],
            "channels": [{ "peer": "shell", "bytes": 4096 }],
            "capabilities": [
                { "kind": "endpoint", "right": "call", "object": "timer", "device": null, "to": "clock" },
            ],
        }],
        "log": [{ "number": 9, "component": "a", "action": "stop", "denial": "no" }],
        "web": { "answered": 0, "refused": 0, "busy": 0, "slow": 0, "failed": 0 },
        "network": { "malformed": 0, "foreign": 0, "broken": 0 },
        "uptime": 7,
    });
    assert_eq!(shown(&system, 4096).as_ref(), Ok(&expected));

    let page = include_str!("../../../../docs/web.md");
    let (_, table) = page.split_once("## system.json").unwrap();
    let documented = table.lines().filter_map(|line| {
        let (key, _) = line.strip_prefix("| `")?.split_once('`')?;
        Some(key.to_owned())
    });
    let mut found = Vec::new();
    list_keys(&expected, "", &mut found);
    found.sort();
    let mut documented: Vec<_> = documented.collect();
    documented.sort();
    assert_eq!(found, documented);
}

/// Lists the keys as the documentation names them.
fn list_keys(value: &Value, path: &str, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = match path {
                    "" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                keys.push(path.clone());
                list_keys(value, &path, keys);
            }
        }
        Value::Array(items) => {
            for item in items {
                list_keys(item, &format!("{path}[]"), keys);
            }
        }
        _ => {}
    }
}

#[test]
fn a_state_that_is_too_long_loses_old_entries_of_its_log() {
    let entry = |number| Entry {
        number,
        component: "a",
        action: "allocate",
        denial: None,
    };
    let log: Vec<_> = (0..100).map(entry).collect();
    let system = System {
        log: &log,
        ..system(&[])
    };
    let json = shown(&system, 2000).unwrap();
    let kept = json["log"].as_array().unwrap();
    assert!((10..100).contains(&kept.len()));
    assert_eq!(kept.last().unwrap()["number"], 99);
}

#[test]
fn a_state_that_is_far_too_long_is_refused() {
    let components = [component("a", 0); 100];
    for room in [0, 1, 8, 300, 2000] {
        assert_eq!(shown(&system(&components), room), Err(TooLong));
    }
}

proptest! {
    #[test]
    fn texts_survive(name: String, service: String, action: String, restarts: u64, room in 0_usize..2000) {
        let services = [&*service];
        let components = [Component { provides: &services, ..component(&name, restarts) }];
        let log = [Entry { number: restarts, component: &name, action: &action, denial: Some(&service) }; 3];
        let system = System { log: &log, ..system(&components) };
        if let Ok(json) = shown(&system, room) {
            prop_assert_eq!(&json["components"][0]["name"], &name);
            prop_assert_eq!(&json["components"][0]["provides"][0], &service);
            prop_assert_eq!(&json["components"][0]["restarts"], restarts);
        }
        let json = shown(&system, 200_000).unwrap();
        prop_assert_eq!(&json["log"][2]["action"], &action);
    }

    #[test]
    fn numbers_survive(used: u64, total: u64) {
        let system = System { memory: Share { used, total }, ..system(&[]) };
        let json = shown(&system, 2000).unwrap();
        prop_assert_eq!(&json["memory"], &json!({ "used": used, "total": total }));
    }
}
