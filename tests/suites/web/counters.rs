// SPDX-License-Identifier: BSD-2-Clause

//! What the server and the network refused, on the page.

use anyhow::Result;
use kaal_web::{Counters, NetworkCounters, System};
use serde_json::json;

use crate::browser::Browser;
use crate::expect_equal;
use crate::sample;
use crate::site::{Site, show};

const WEB: Counters = Counters {
    answered: 1000,
    refused: 200,
    busy: 30,
    slow: 4,
    failed: 5,
};
const NETWORK: NetworkCounters = NetworkCounters {
    malformed: 6000,
    foreign: 700,
    broken: 8,
};

/// Numbers that change without anything else appear without a reload.
pub(crate) fn appear(browser: &mut Browser, site: &Site) -> Result<()> {
    for (web, network, expected) in [
        (WEB, NETWORK, ["234 of 1230", "5", "6700", "8"]),
        (Counters::default(), NETWORK, ["0 of 0", "0", "6700", "8"]),
    ] {
        site.step(move |server| {
            sample::with_system(0, web, 0, |system| {
                show(server, &System { network, ..*system })
            });
        })?;
        let names = [
            "Requests refused",
            "Responses cut short",
            "Packets dropped",
            "Network driver faults",
        ];
        for (name, expected) in names.into_iter().zip(expected) {
            let fact = format!("document.querySelector('[data-fact=\"{name}\"] dd').textContent");
            browser.wait_for(&format!("{fact} === '{expected}'"))?;
        }
        let json = "fetch('/api/system.json').then(answer => answer.json()).then(it => it.network)";
        let shown = browser.evaluate(json)?;
        expect_equal(
            "network",
            shown,
            json!({ "malformed": 6000, "foreign": 700, "broken": 8 }),
        )?;
    }
    browser.check_complaints()
}
