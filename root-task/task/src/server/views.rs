// SPDX-License-Identifier: BSD-2-Clause

//! Text for operators, line by line.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use kaal_broker::Resources;
use kaal_protocol::View;

use super::Server;

impl Server<'_> {
    /// Returns a line of a view; `None` after the last.
    pub(super) fn line(&self, view: View, line: u64) -> Option<String> {
        let line = usize::try_from(line).ok()?;
        match view {
            View::Components => self.component(line),
            View::Memory => self.memory(line),
            View::Capabilities => self.capabilities(line),
            View::Log => Some(self.broker.audit().entries.get(line)?.to_string()),
        }
    }

    fn component(&self, line: usize) -> Option<String> {
        let Some(line) = line.checked_sub(1) else {
            return Some("ID  NAME       STATE     MEMORY  SLOTS  RESTARTS".to_owned());
        };
        let (id, status) = self.broker.components().nth(line)?;
        let state = match (status.is_running, status.given_up) {
            (true, _) => "running",
            (false, true) => "given up",
            (false, false) => "stopped",
        };
        let mark = if self.replacements.contain(id) {
            "  reloaded"
        } else {
            ""
        };
        Some(format!(
            "{:2}  {:10} {state:8} {:4} KiB  {:5}  {:8}{mark}",
            id.0,
            status.config.name,
            status.usage.bytes / 1024,
            status.usage.slots,
            status.restarts,
        ))
    }

    fn memory(&self, line: usize) -> Option<String> {
        let used = |count: fn(Resources) -> u64| -> u64 {
            let components = self.broker.components();
            components.map(|(_, status)| count(status.usage)).sum()
        };
        let (free, lost) = (self.broker.free(), self.broker.lost());
        let quarantined = self.broker.quarantined();
        match line {
            0 => Some(format!(
                "memory: {} KiB free, {} KiB in components",
                free.bytes / 1024,
                used(|usage| usage.bytes) / 1024,
            )),
            1 => Some(format!(
                "slots: {} free, {} in components",
                free.slots,
                used(|usage| usage.slots),
            )),
            2 => Some(format!(
                "lost: {} KiB, {} slots",
                lost.bytes / 1024,
                lost.slots
            )),
            3 => Some(format!("quarantined: {} KiB", quarantined.bytes / 1024)),
            _ => None,
        }
    }

    fn capabilities(&self, line: usize) -> Option<String> {
        let (_, status) = self.broker.components().nth(line)?;
        let config = status.config;
        let mut text = format!("{}: {} slots", config.name, status.usage.slots);
        for (what, names) in [
            ("devices", config.devices),
            ("provides", config.provides),
            ("needs", config.needs),
        ] {
            if !names.is_empty() {
                text += &format!(", {what} {}", names.join(" "));
            }
        }
        Some(text)
    }
}
