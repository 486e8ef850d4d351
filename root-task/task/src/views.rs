// SPDX-License-Identifier: BSD-2-Clause

//! What operators see, line by line.

use core::fmt::{self, Write};

use kaal_broker::{Broker, Resources};
use kaal_protocol::{Text, View};

use crate::kernel::Invocations;
use crate::supervisor::Supervised;

/// A line of a view; `None` behind the last.
pub(crate) fn line(
    broker: &Broker<Invocations>,
    supervised: &[Supervised],
    view: View,
    line: u64,
) -> Option<Text> {
    let line = usize::try_from(line).ok()?;
    let mut text = Text::new();
    let written = match view {
        View::Components => component(broker, supervised, line, &mut text),
        View::Memory => memory(broker, line, &mut text),
        View::Capabilities => capabilities(broker, line, &mut text),
        View::Log => write!(text, "{}", broker.audit().entries().nth(line)?),
    };
    (written.is_ok() && !text.as_bytes().is_empty()).then_some(text)
}

fn component(
    broker: &Broker<Invocations>,
    supervised: &[Supervised],
    line: usize,
    text: &mut Text,
) -> fmt::Result {
    let Some(line) = line.checked_sub(1) else {
        return write!(text, "ID  NAME       STATE     MEMORY  SLOTS  RESTARTS");
    };
    let mut components = broker.components().zip(supervised);
    let Some(((id, status), supervised)) = components.nth(line) else {
        return Ok(());
    };
    let state = match (status.is_running, supervised.given_up) {
        (true, _) => "running",
        (false, true) => "given up",
        (false, false) => "stopped",
    };
    write!(
        text,
        "{:2}  {:10} {:8} {:4} KiB  {:5}  {:8}",
        id.0,
        status.config.name,
        state,
        status.usage.bytes / 1024,
        status.usage.slots,
        supervised.restarts,
    )
}

fn memory(broker: &Broker<Invocations>, line: usize, text: &mut Text) -> fmt::Result {
    let used = |count: fn(Resources) -> u64| -> u64 {
        let components = broker.components();
        components.map(|(_, status)| count(status.usage)).sum()
    };
    match line {
        0 => write!(
            text,
            "memory: {} KiB free, {} KiB in components",
            broker.free().bytes / 1024,
            used(|usage| usage.bytes) / 1024,
        ),
        1 => write!(
            text,
            "slots: {} free, {} in components",
            broker.free().slots,
            used(|usage| usage.slots),
        ),
        _ => Ok(()),
    }
}

fn capabilities(broker: &Broker<Invocations>, line: usize, text: &mut Text) -> fmt::Result {
    let Some((_, status)) = broker.components().nth(line) else {
        return Ok(());
    };
    let config = status.config;
    write!(text, "{}: {} slots", config.name, status.usage.slots)?;
    for (what, names) in [
        ("devices", config.devices),
        ("provides", config.provides),
        ("needs", config.needs),
    ] {
        if !names.is_empty() {
            write!(text, ", {what}")?;
            names.iter().try_for_each(|name| write!(text, " {name}"))?;
        }
    }
    Ok(())
}
