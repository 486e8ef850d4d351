// SPDX-License-Identifier: BSD-2-Clause

//! Tests that no component gets more run time than its budget.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod model;

use kaal_broker::{Config, Restart};
use model::start::{IMAGE, broker, config};

static CONFIG: Config = Config {
    restart: Restart::Always,
    period: 10_000,
    ..config("component")
};

#[test]
fn a_restart_gives_no_new_budget() {
    let mut broker = broker(true);
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
