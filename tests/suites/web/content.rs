// SPDX-License-Identifier: BSD-2-Clause

//! What the page shows.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, Result};
use kaal_web::{Capability, Component, Counters, Entry, Kind, Right};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::expect_equal;
use crate::looks::OVERFLOW;
use crate::sample;
use crate::site::{Site, show};

/// All capabilities in the picture.
const DRAWN: &str = "[...document.querySelectorAll('#picture [data-holder]')].map(({ dataset: d }) => [d.holder, d.kind, \
    d.right, d.object, d.device, d.to])";

/// The components in the picture: their name, state, restarts, and share of memory.
const NODES: &str = "[...document.querySelectorAll('#picture .node')].map(node => [node.dataset.component, \
    node.dataset.state, node.querySelectorAll('.quiet')[1].textContent, \
    Math.round(100 * node.querySelector('.fill').getAttribute('width') / node.querySelector('.groove').getAttribute('width'))])";

/// The cells of a table's rows.
fn cells(table: &str) -> String {
    format!(
        "[...document.querySelectorAll('#{table} tbody tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
}

fn state(browser: &mut Browser) -> Result<Value> {
    browser.evaluate("fetch('/api/system.json').then(answer => answer.json())")
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value.as_array().context("a list expected")
}

fn sorted(value: &Value) -> Result<BTreeSet<String>> {
    Ok(list(value)?.iter().map(Value::to_string).collect())
}

fn capabilities(system: &Value) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for component in list(&system["components"])? {
        for one in list(&component["capabilities"])? {
            let [device, to] = ["device", "to"].map(|key| one[key].as_str().unwrap_or_default());
            let name = &component["name"];
            let [kind, right, object] = ["kind", "right", "object"].map(|key| &one[key]);
            all.push(json!([name, kind, right, object, device, to]));
        }
    }
    Ok(all)
}

/// Components, devices, capabilities and shared memory in the picture are those of system.json.
pub(crate) fn picture_equals_json(browser: &mut Browser, site: &Site) -> Result<()> {
    for restarts in [0, 2] {
        site.restart(restarts)?;
        let text = match restarts {
            0 => String::new(),
            _ => format!("↻ {restarts}"),
        };
        let node = "document.querySelector('[data-component=crasher]')";
        browser.wait_for(&format!(
            "{node}.querySelectorAll('.quiet')[1].textContent === '{text}'"
        ))?;
        compare_picture(browser)?;
    }
    browser.check_complaints()
}

/// Compares the picture with system.json.
pub(crate) fn compare_picture(browser: &mut Browser) -> Result<()> {
    let system = state(browser)?;
    let drawn = browser.evaluate(DRAWN)?;
    expect_equal(
        "number of capabilities",
        list(&drawn)?.len(),
        capabilities(&system)?.len(),
    )?;
    expect_equal(
        "capabilities",
        sorted(&drawn)?,
        sorted(&json!(capabilities(&system)?))?,
    )?;
    let nodes = list(&system["components"])?.iter().map(|one| {
        let [used, total] = ["used", "total"].map(|key| one["memory"][key].as_f64().unwrap_or(0.0));
        let restarts = match one["restarts"].as_u64() {
            Some(restarts @ 1..) => format!("↻ {restarts}"),
            _ => String::new(),
        };
        json!([
            one["name"],
            one["state"],
            restarts,
            (100.0 * used / total).round() as u64
        ])
    });
    expect_equal(
        "components",
        browser.evaluate(NODES)?,
        nodes.collect::<Vec<_>>().into(),
    )?;
    let devices = browser.evaluate(
        "[...document.querySelectorAll('#picture .chip')].map(chip => chip.dataset.device)",
    )?;
    let mut expected = Vec::new();
    let mut shared = 0;
    for component in list(&system["components"])? {
        for one in list(&component["capabilities"])? {
            let key = if one["kind"] == "device" {
                "object"
            } else {
                "device"
            };
            expected.extend(one[key].as_str());
        }
        for channel in list(&component["channels"])? {
            shared += channel["bytes"].as_u64().context("a size")?;
        }
    }
    expect_equal("devices", sorted(&devices)?, sorted(&json!(expected))?)?;
    // Each channel has two ends, and is drawn once.
    let drawn = browser.evaluate(
        "[...document.querySelectorAll('#picture .band')].reduce((sum, band) => sum + +band.dataset.bytes, 0)",
    )?;
    expect_equal("shared memory", drawn, json!(shared / 2))?;
    Ok(())
}

/// A size as people read it.
fn size(bytes: &Value) -> String {
    let bytes = bytes.as_f64().unwrap_or_default();
    let (amount, unit) = match bytes {
        ..1024.0 => return format!("{bytes} B"),
        ..1_048_576.0 => (bytes / 1024.0, "KiB"),
        _ => (bytes / 1_048_576.0, "MiB"),
    };
    let rounded = match amount < 10.0 {
        true => (10.0 * amount).round() / 10.0,
        false => amount.round(),
    };
    format!("{rounded} {unit}")
}

/// The tables hold the same.
pub(crate) fn tables_equal_json(browser: &mut Browser, _: &Site) -> Result<()> {
    compare_tables(browser)?;
    browser.check_complaints()
}

/// Compares the tables with system.json.
pub(crate) fn compare_tables(browser: &mut Browser) -> Result<()> {
    let system = state(browser)?;
    let rows = browser.evaluate(&cells("components"))?;
    let rows = list(&rows)?;
    expect_equal("rows", rows.len(), list(&system["components"])?.len())?;
    for (row, one) in rows.iter().zip(list(&system["components"])?) {
        let (memory, slots) = (&one["memory"], &one["slots"]);
        let names = |key: &str| -> Result<String> {
            let names = list(&one[key])?.iter().filter_map(Value::as_str);
            Ok(names.collect::<Vec<_>>().join(", "))
        };
        let expected = json!([
            one["name"],
            if one["state"] == "givenUp" {
                "given up".into()
            } else {
                one["state"].clone()
            },
            one["restarts"].to_string(),
            one["priority"].to_string(),
            format!("{} of {}", size(&memory["used"]), size(&memory["total"])),
            format!("{} of {}", slots["used"], slots["total"]),
            names("provides")?,
            names("needs")?,
            names("devices")?,
        ]);
        expect_equal("row", row, &expected)?;
    }
    let rows = browser.evaluate(&cells("capabilities"))?;
    expect_equal("rows", list(&rows)?.len(), capabilities(&system)?.len())?;
    let rows = browser.evaluate(&cells("log"))?;
    let entries = list(&system["log"])?.iter().rev().map(|entry| {
        let answer = match entry["denial"].as_str() {
            None => "granted".to_owned(),
            Some(reason) => format!("denied: {reason}"),
        };
        json!([
            entry["number"].to_string(),
            entry["component"],
            entry["action"],
            answer
        ])
    });
    expect_equal("log", rows, entries.collect::<Vec<_>>().into())
}

/// A restart, and the entries of the log about it, appear without a reload.
pub(crate) fn changes_appear(browser: &mut Browser, site: &Site) -> Result<()> {
    browser.evaluate("window.stays = true")?;
    for restarts in 1..=5 {
        let start = Instant::now();
        site.restart(restarts)?;
        browser.wait_for(&format!(
            "document.querySelector('[data-component=crasher]').textContent.includes('↻ {restarts}')"
        ))?;
        println!("restart {restarts} appeared after {:?}", start.elapsed());
        browser.wait_for(&format!(
            "document.querySelector('#news').textContent === 'crasher restarted, {restarts} times so far'"
        ))?;
    }
    expect_equal("page", browser.evaluate("window.stays")?, json!(true))?;
    browser.check_complaints()
}

/// Names from components are shown as they are, and run nothing.
pub(crate) fn hostile_names_are_text(browser: &mut Browser, site: &Site) -> Result<()> {
    const NAMES: [&str; 8] = [
        "<img src=x onerror=\"window.owned=1\">",
        "</script><script>window.owned=1</script>",
        "\"'`${window.owned=1}\\",
        "__proto__",
        "constructor",
        "\u{202e}desrever\u{2066}",
        "\u{0}\u{7f}\u{1b}[31m\r\n",
        concat!(
            "averyveryverylongnamewithoutspaces",
            "averyveryverylongnamewithoutspaces"
        ),
    ];
    site.step(|server| {
        sample::with_system(0, Counters::default(), 0, |system| {
            let capabilities = NAMES.map(|name| Capability {
                kind: Kind::Endpoint,
                right: Right::Call,
                object: name,
                device: Some(name),
                to: Some(name),
            });
            let log = NAMES.map(|name| Entry {
                number: name.len() as u64,
                component: name,
                action: name,
                denial: Some(name),
            });
            let components = NAMES.map(|name| Component {
                name,
                devices: &NAMES,
                provides: &NAMES,
                needs: &NAMES,
                capabilities: &capabilities,
                ..sample::COMPONENTS[0]
            });
            let hostile = kaal_web::System {
                components: &components,
                log: &log,
                ..*system
            };
            show(server, &hostile);
        });
    })?;
    browser.wait_for("document.querySelector('[data-component=constructor]') !== null")?;
    let names = browser.evaluate(
        "[...document.querySelectorAll('#components tbody th')].map(name => name.textContent)",
    )?;
    expect_equal("names", names, json!(NAMES))?;
    let nodes =
        "[...document.querySelectorAll('#picture .node')].map(node => node.dataset.component)";
    expect_equal("components", browser.evaluate(nodes)?, json!(NAMES))?;
    let added = "[document.images.length, document.scripts.length, typeof window.owned]";
    expect_equal(
        "elements",
        browser.evaluate(added)?,
        json!([0, 1, "undefined"]),
    )?;
    for width in [1280, 360] {
        browser.resize(width)?;
        expect_equal("overflow", browser.evaluate(OVERFLOW)?, json!(0))?;
    }
    browser.check_complaints()
}
