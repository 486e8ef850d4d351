// SPDX-License-Identifier: BSD-2-Clause

//! A system to show: QEMU's virt machine with network and disk, as it may run some minutes after
//! its start.

use kaal_web::{
    Capability, Channel, Component, Counters, Entry, Kernel, Kind, Measurement, NetworkCounters,
    REPORT_VERSION, Right, Share, State, System,
};

const fn endpoint<'a>(right: Right, object: &'a str, to: Option<&'a str>) -> Capability<'a> {
    Capability {
        kind: Kind::Endpoint,
        right,
        object,
        device: None,
        to,
    }
}

const BROKER: Capability<'_> = endpoint(Right::Call, "broker", None);

const fn call<'a>(service: &'a str, provider: &'a str) -> Capability<'a> {
    endpoint(Right::Call, service, Some(provider))
}

const fn receive(service: &str) -> Capability<'_> {
    endpoint(Right::Receive, service, None)
}

const fn signal<'a>(object: &'a str, to: &'a str) -> Capability<'a> {
    Capability {
        kind: Kind::Notification,
        right: Right::Signal,
        object,
        device: None,
        to: Some(to),
    }
}

const fn device(object: &str) -> Capability<'_> {
    Capability {
        kind: Kind::Device,
        right: Right::Use,
        object,
        device: None,
        to: None,
    }
}

const fn interrupt<'a>(object: &'a str, device: &'a str) -> Capability<'a> {
    Capability {
        kind: Kind::Interrupt,
        right: Right::Receive,
        object,
        device: Some(device),
        to: None,
    }
}

const fn kib(used: u64, total: u64) -> Share {
    Share {
        used: used << 10,
        total: total << 10,
    }
}

const BASE: Component<'_> = Component {
    name: "",
    state: State::Running,
    priority: 100,
    restarts: 0,
    memory: kib(0, 0),
    slots: Share { used: 0, total: 0 },
    devices: &[],
    provides: &[],
    needs: &[],
    channels: &[],
    capabilities: &[],
};

/// The components.
pub(crate) const COMPONENTS: [Component<'_>; 9] = [
    Component {
        name: "serial",
        priority: 200,
        memory: kib(116, 192),
        slots: Share {
            used: 44,
            total: 96,
        },
        devices: &["arm,pl011"],
        provides: &["serial"],
        channels: &[Channel {
            peer: "shell",
            bytes: 4096,
        }],
        capabilities: &[
            BROKER,
            device("arm,pl011"),
            interrupt("33", "arm,pl011"),
            receive("serial"),
            signal("channel", "shell"),
        ],
        ..BASE
    },
    Component {
        name: "timer",
        priority: 210,
        memory: kib(92, 128),
        slots: Share {
            used: 31,
            total: 64,
        },
        devices: &["arm,armv8-timer"],
        provides: &["timer"],
        capabilities: &[BROKER, interrupt("30", "arm,armv8-timer"), receive("timer")],
        ..BASE
    },
    Component {
        name: "net",
        priority: 190,
        memory: kib(402, 512),
        slots: Share {
            used: 120,
            total: 192,
        },
        devices: &["virtio-net"],
        provides: &["net"],
        channels: &[Channel {
            peer: "web",
            bytes: 262_144,
        }],
        capabilities: &[
            BROKER,
            device("virtio-net"),
            interrupt("78", "virtio-net"),
            receive("net"),
            signal("channel", "web"),
        ],
        ..BASE
    },
    Component {
        name: "disk",
        priority: 180,
        memory: kib(148, 256),
        slots: Share {
            used: 58,
            total: 96,
        },
        devices: &["virtio-blk"],
        provides: &["disk"],
        channels: &[Channel {
            peer: "web",
            bytes: 65_536,
        }],
        capabilities: &[
            BROKER,
            device("virtio-blk"),
            interrupt("79", "virtio-blk"),
            receive("disk"),
            signal("channel", "web"),
        ],
        ..BASE
    },
    Component {
        name: "web",
        priority: 140,
        memory: kib(655, 768),
        slots: Share {
            used: 190,
            total: 256,
        },
        needs: &["net", "disk", "timer"],
        channels: &[
            Channel {
                peer: "net",
                bytes: 262_144,
            },
            Channel {
                peer: "disk",
                bytes: 65_536,
            },
        ],
        capabilities: &[
            BROKER,
            call("net", "net"),
            call("disk", "disk"),
            call("timer", "timer"),
            signal("channel", "net"),
            signal("channel", "disk"),
        ],
        ..BASE
    },
    Component {
        name: "shell",
        priority: 120,
        memory: kib(104, 192),
        slots: Share {
            used: 40,
            total: 96,
        },
        needs: &["serial"],
        channels: &[Channel {
            peer: "serial",
            bytes: 4096,
        }],
        capabilities: &[
            BROKER,
            call("serial", "serial"),
            signal("channel", "serial"),
        ],
        ..BASE
    },
    Component {
        name: "hello",
        state: State::Stopped,
        priority: 130,
        memory: kib(0, 128),
        slots: Share { used: 0, total: 64 },
        needs: &["serial"],
        ..BASE
    },
    Component {
        name: "greedy",
        state: State::GivenUp,
        priority: 60,
        restarts: 3,
        memory: kib(0, 160),
        slots: Share { used: 0, total: 64 },
        needs: &["serial"],
        ..BASE
    },
    CRASHER,
];

/// The component that fails again and again.
const CRASHER: Component<'_> = Component {
    name: "crasher",
    priority: 50,
    memory: kib(88, 128),
    slots: Share {
        used: 28,
        total: 64,
    },
    needs: &["serial"],
    capabilities: &[BROKER, call("serial", "serial")],
    ..BASE
};

const LOG: [Entry<'_>; 6] = [
    Entry {
        number: 108,
        component: "web",
        action: "look up service",
        denial: None,
    },
    Entry {
        number: 109,
        component: "web",
        action: "create channel of 262144 bytes",
        denial: None,
    },
    Entry {
        number: 110,
        component: "net",
        action: "accept channel of web",
        denial: None,
    },
    Entry {
        number: 111,
        component: "greedy",
        action: "allocate 1048576 bytes",
        denial: Some("the quota is exceeded"),
    },
    Entry {
        number: 112,
        component: "greedy",
        action: "stop",
        denial: None,
    },
    Entry {
        number: 113,
        component: "crasher",
        action: "device at 0x9000000",
        denial: Some("system.toml does not allow it"),
    },
];

/// Calls `use_it` with the system in which `crasher` was restarted this often.
pub(crate) fn with_system<R>(
    restarts: u64,
    web: Counters,
    uptime: u64,
    use_it: impl FnOnce(&System<'_>) -> R,
) -> R {
    let mut components = COMPONENTS;
    if let Some(crasher) = components.last_mut() {
        crasher.restarts = restarts;
    }
    let mut log = LOG.to_vec();
    for restart in 0..restarts {
        let number = 114 + 2 * restart;
        let entry = Entry {
            number,
            component: "crasher",
            action: "stop",
            denial: None,
        };
        log.push(entry);
        log.push(Entry {
            number: number + 1,
            action: "spawn",
            ..entry
        });
    }
    use_it(&System {
        report_version: REPORT_VERSION,
        kernel: Kernel {
            version: "seL4 16.0.0",
            configuration: &["MCS", "hypervisor"],
            cores: 1,
        },
        measurement: Some(Measurement([0xa7; 32])),
        memory: kib(1_605, 250_000),
        slots: Share {
            used: 539,
            total: 4096,
        },
        components: &components,
        log: &log,
        web,
        network: NetworkCounters::default(),
        uptime,
    })
}
