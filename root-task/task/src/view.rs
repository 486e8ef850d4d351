// SPDX-License-Identifier: BSD-2-Clause

//! What operators see, line by line.

use core::fmt::{self, Write};

use kaal_broker::State;
use kaal_protocol::{Text, View};

use crate::server::Server;

/// A line of a view; `None` behind the last.
pub(crate) fn line(server: &Server<'_>, view: View, line: u64) -> Option<Text> {
    let line = usize::try_from(line).ok()?;
    let mut text = Text::new();
    let written = match view {
        View::Components => component(server, line, &mut text),
        View::Memory => memory(server, line, &mut text),
        View::Capabilities => capabilities(server, line, &mut text),
        View::Log => write!(text, "{}", server.broker.audit().entries().nth(line)?),
    };
    (written.is_ok() && !text.as_bytes().is_empty()).then_some(text)
}

fn component(server: &Server<'_>, line: usize, text: &mut Text) -> fmt::Result {
    let Some(line) = line.checked_sub(1) else {
        return write!(text, "ID  NAME       STATE     MEMORY  SLOTS  RESTARTS");
    };
    let Some((id, status)) = server.broker.components().nth(line) else {
        return Ok(());
    };
    let supervised = server.supervised(id);
    let state = match (status.state, supervised.given_up) {
        (State::Running, _) => "running",
        (State::Stopped, true) => "given up",
        (State::Stopped, false) => "stopped",
    };
    write!(
        text,
        "{:2}  {:10} {:8} {:4} KiB  {:5}  {:8}",
        id.0,
        status.name,
        state,
        status.usage.bytes / 1024,
        status.usage.slots,
        supervised.restarts,
    )
}

fn memory(server: &Server<'_>, line: usize, text: &mut Text) -> fmt::Result {
    let used = |count: fn(kaal_broker::Usage) -> u64| -> u64 {
        let components = server.broker.components();
        components.map(|(_, status)| count(status.usage)).sum()
    };
    match line {
        0 => write!(
            text,
            "memory: {} KiB free, {} KiB in components",
            server.broker.free_bytes() / 1024,
            used(|usage| usage.bytes) / 1024,
        ),
        1 => write!(
            text,
            "slots: {} free, {} in components",
            server.broker.free_slots(),
            used(|usage| usage.slots),
        ),
        _ => Ok(()),
    }
}

fn capabilities(server: &Server<'_>, line: usize, text: &mut Text) -> fmt::Result {
    let Some((id, status)) = server.broker.components().nth(line) else {
        return Ok(());
    };
    let Some(config) = server.broker.config(id) else {
        return Ok(());
    };
    write!(text, "{}: {} slots", status.name, status.usage.slots)?;
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
