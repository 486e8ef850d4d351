// SPDX-License-Identifier: BSD-2-Clause

//! Tests that no component gets more run time than its budget.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Broker, Config, Image, Resources, Restart};
use model::{EMPTY_SLOTS, Model};

static CONFIG: Config = Config {
    quota: Resources {
        bytes: 1 << 20,
        slots: 300,
        devices: 0,
    },
    stack: 8192,
    restart: Restart::Always,
    period: 10_000,
    ..Config::new("component")
};

const IMAGE: Image<'_> = Image {
    entry: 0x20_0000,
    segments: &[],
};

#[test]
fn a_restart_gives_no_new_budget() {
    let (model, untyped) = Model::new(true);
    let mut broker = Broker::new(model, EMPTY_SLOTS, untyped).unwrap();
    let id = broker.add(&CONFIG).unwrap();
    let before = broker.kernel().capabilities();
    for _ in 0..3 {
        broker.spawn(id, &IMAGE).unwrap();
        assert_eq!(broker.kernel().running.len(), 1);
        assert_eq!(broker.kernel().budgets.len(), 1);
        broker.kernel().check();
        broker.stop(id).unwrap();
        assert_eq!(broker.kernel().capabilities(), before);
    }
}
