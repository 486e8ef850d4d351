// SPDX-License-Identifier: BSD-2-Clause

//! Compares states as JSON with the shell's views.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key]
        .as_array()
        .with_context(|| format!("no list {key}"))
}

fn number(value: &Value) -> Result<u64> {
    value
        .as_u64()
        .with_context(|| format!("{value} is no number"))
}

/// Returns a component by its name.
pub(super) fn component<'a>(state: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = state["components"].as_array()?.iter();
    all.find(|component| component["name"] == name)
}

/// Each component has the same numbers as in `ps`.
pub(super) fn components(state: &Value, ps: &str) -> Result<()> {
    let all = list(state, "components")?;
    for (one, id) in all.iter().zip(1..) {
        let name = one["name"].as_str().context("no name")?;
        let text = match one["state"].as_str() {
            Some("givenUp") => "given up",
            Some(state) => state,
            None => "none",
        };
        let memory = number(&one["memory"]["used"])? / 1024;
        let (slots, restarts) = (&one["slots"]["used"], &one["restarts"]);
        let line = format!("{id} {name} {text} {memory} KiB {slots} {restarts}");
        let lines = ps.lines().map(|line| words(&line.replace("[shell]", "")));
        ensure!(
            lines.into_iter().any(|shown| shown == line),
            "no {line:?}:\n{ps}"
        );
    }
    let count = ps.lines().filter(|line| line.contains(" KiB ")).count();
    ensure!(count == all.len(), "{} components:\n{ps}", all.len());
    Ok(())
}

/// Free memory and slots are those of `mem`.
pub(super) fn memory(state: &Value, mem: &str) -> Result<()> {
    let free =
        |share: &Value| Ok::<_, anyhow::Error>(number(&share["total"])? - number(&share["used"])?);
    let bytes = format!("memory: {} KiB free,", free(&state["memory"])? / 1024);
    let slots = format!("slots: {} free,", free(&state["slots"])?);
    ensure!(
        mem.contains(&bytes) && mem.contains(&slots),
        "no {bytes:?}, {slots:?}:\n{mem}"
    );
    Ok(())
}

/// Each component has the rights of `caps`, and holds what it has taken of them.
pub(super) fn capabilities(state: &Value, caps: &str) -> Result<()> {
    for one in list(state, "components")? {
        let name = one["name"].as_str().context("no name")?;
        let mut line = format!("{name}: {} slots", one["slots"]["used"]);
        for key in ["devices", "provides", "needs"] {
            let names: Vec<_> = list(one, key)?.iter().filter_map(Value::as_str).collect();
            if !names.is_empty() {
                line += &format!(", {key} {}", names.join(" "));
            }
        }
        ensure!(caps.contains(&line), "no {line:?}:\n{caps}");
    }
    for (holder, kind, right, object, to) in [
        ("serial", "endpoint", "receive", "serial", None),
        ("serial", "device", "use", "arm,pl011", None),
        ("serial", "notification", "signal", "channel", Some("shell")),
        ("shell", "endpoint", "call", "serial", Some("serial")),
        ("http", "endpoint", "call", "net", Some("net")),
        ("http", "notification", "signal", "channel", Some("net")),
        ("net", "device", "use", "/virtio_mmio@a000000", None),
    ] {
        let held = component(state, holder).map(|one| list(one, "capabilities"));
        let mut held = held.context("no such component")??.iter();
        let is_held = held.any(|one| {
            one["kind"] == kind
                && one["right"] == right
                && one["object"] == object
                && one["to"].as_str() == to
        });
        ensure!(is_held, "{holder} lacks {right} {object}:\n{state:#}");
    }
    Ok(())
}

/// The log has refused requests, with their reasons.
pub(super) fn refusals(state: &Value) -> Result<()> {
    let mut log = list(state, "log")?.iter();
    let reason = "not allowed by the component's configuration";
    let is_refused = log.any(|entry| entry["component"] == "hostile" && entry["denial"] == reason);
    ensure!(is_refused, "no refusal:\n{state:#}");
    Ok(())
}

/// Whether the log has such an entry.
pub(super) fn logs(state: &Value, component: &str, action: &str) -> bool {
    let log = state["log"].as_array();
    log.into_iter().flatten().any(|entry| {
        let starts = entry["action"]
            .as_str()
            .is_some_and(|text| text.starts_with(action));
        entry["component"] == component && starts
    })
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
